# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what is read here, or set here, is of another file of bench.sh
# Requests a second: GET /health, and POST /generate accepted and on the disk; no ComfyUI runs, so tasks stay queued.

# Alternates between the servers, so that what else the machine does meets all of them, and takes the median of three.
alternate() { # NAME… -- LOAD_ARGUMENT…
    local names=() round name
    while [[ $1 != -- ]]; do names+=("$1") && shift; done
    shift
    for name in "${names[@]}"; do : >"$TEMP/rates.$name"; done
    for round in 1 2 3; do
        for name in "${names[@]}"; do
            load -c 32 -w 0.3 -d "$SECONDS_EACH" "${@:1:$#-1}" "${PORT_OF[$name]}" "${!#}" >>"$TEMP/rates.$name" ||
                note "round $round of $name gave nothing"
        done
    done
}

serving_rows() {
    local servers=(bare backend) easel bare peer p50 p99
    fresh_data
    start_gpu && start_backend && start_bare || return
    if has_fastapi; then
        start_fastapi && servers+=(fastapi)
    fi

    alternate "${servers[@]}" -- /health
    easel=$(median_of 1 "$TEMP/rates.backend") bare=$(median_of 1 "$TEMP/rates.bare")
    are_numbers "$easel" "$bare" || return
    row 'GET /health, 32 connections' "$(rate "$easel")/s" "bare C $(rate "$bare")/s" \
        "$(calculate "$easel / $bare")" '>= 0.6' "$easel / $bare >= 0.6"
    if [[ -n ${PID[fastapi]-} ]]; then
        peer=$(median_of 1 "$TEMP/rates.fastapi")
        row '' '' "FastAPI $(rate "$peer")/s" "$(calculate "$easel / $peer" %.1f)" ''
    fi

    alternate "${servers[@]}" -- -m POST -H 'Content-Type: application/json' -b "$TEMP/accept.json" /generate
    easel=$(median_of 1 "$TEMP/rates.backend") bare=$(median_of 1 "$TEMP/rates.bare")
    are_numbers "$easel" "$bare" || return
    p50=$(median_of 2 "$TEMP/rates.backend") p99=$(median_of 3 "$TEMP/rates.backend")
    row 'POST /generate, on disk, 32 connections' "$(rate "$easel")/s" "bare C $(rate "$bare")/s" \
        "$(calculate "$easel / $bare")" '>= 0.15' "$easel / $bare >= 0.15"
    if [[ -n ${PID[fastapi]-} ]]; then
        peer=$(median_of 1 "$TEMP/rates.fastapi")
        row '' '' "FastAPI $(rate "$peer")/s" "$(calculate "$easel / $peer" %.1f)" '>= 5' "$easel / $peer >= 5"
        peer=$(median_of 2 "$TEMP/rates.fastapi")
        row '  its p99 below the p50 of FastAPI in memory' "p50 $p50, p99 $p99 ms" \
            "p50 $peer, p99 $(median_of 3 "$TEMP/rates.fastapi") ms" "$(calculate "$p99 / $peer")" '< 1' "$p99 < $peer"
    else
        row '  its latency' "p50 $p50, p99 $p99 ms" '' '' ''
    fi
    halt_all
}

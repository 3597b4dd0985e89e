# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what is read here, or set here, is of another file of bench.sh
# Memory: of an open event stream, of a request with large pictures, of services that do nothing; and the time to start.

streams_rows() {
    local id before after each count=$STREAMS limit
    limit=$(ulimit -Hn)
    if [[ $limit != unlimited ]] && ((limit < count + 200)); then
        count=$((limit - 200))
        note "$limit descriptors are allowed (ulimit -n): $count streams are opened."
    fi
    fresh_data
    start_gpu && start_backend || return
    load -c 32 -n 2000 -m POST -b "$TEMP/accept.json" "${PORT_OF[backend]}" /generate >/dev/null
    id=$(new_task)
    before=$(status_kb backend RssAnon)
    mkfifo "$TEMP/hold" && : >"$TEMP/opened"
    "$TEMP/bin/streams" "$count" "${PORT_OF[backend]}" "/tasks/$id/events" <"$TEMP/hold" >"$TEMP/opened" &
    PID[streams]=$!
    exec {hold}>"$TEMP/hold"
    if until_line "$TEMP/opened" 60; then
        after=$(status_kb backend RssAnon)
        are_numbers "$after" "$before" || return
        each=$(calculate "($after - $before) / $count" %.1f)
        row "an open event stream, $(rate "$count") of them" "$(calculate "($after - $before) / 1024" %.0f) MB more" '' \
            "$each KB each" '<= 16' "$each <= 16"
    fi
    exec {hold}>&-
    rm -f -- "$TEMP/hold"
    halt_all
}

until_line() { # FILE SECONDS
    local tries
    for ((tries = 0; tries < $2 * 20; tries++)); do
        [[ -s $1 ]] && return
        [[ -d /proc/${PID[streams]} ]] || return
        sleep 0.05
    done
    return 1
}

# Five pictures of 8 MB of base64 each; meanwhile another client asks for the health.
large_rows() {
    local before peak body meanwhile times
    fresh_data
    start_gpu && start_backend || return
    load -c 4 -n 2000 "${PORT_OF[backend]}" /health >/dev/null
    before=$(status_kb backend VmRSS)
    body=$(stat -c %s -- "$TEMP/faces.json")
    # From here on VmHWM is the peak (proc(5), clear_refs).
    echo 5 >"/proc/${PID[backend]}/clear_refs"
    load -c 4 -n 8000 "${PORT_OF[backend]}" /health >"$TEMP/alone"
    load -c 4 -d 3 "${PORT_OF[backend]}" /health >"$TEMP/meanwhile" &
    PID[background]=$!
    times=$(load -c 1 -d 2.5 -m POST -b "$TEMP/faces.json" "${PORT_OF[backend]}" /generate | awk '{ print $4 " requests, p50 " $2 " ms" }')
    wait "${PID[background]}"
    unset "PID[background]"
    peak=$(status_kb backend VmHWM)
    read -r _ _ meanwhile _ <"$TEMP/meanwhile"
    are_numbers "$peak" "$meanwhile" || return
    row '5 x 8 MB of base64 in one request: memory' "$(calculate "($peak - $before) / 1024" %.0f) MB more at the peak" \
        "body $(calculate "$body / 1048576" %.0f) MB" "$(calculate "($peak - $before) * 1024 / $body")" '<= 2' \
        "($peak - $before) * 1024 / $body <= 2"
    row "  other requests meanwhile ($times)" "p99 $meanwhile ms" "alone: p99 $(awk '{ print $3 }' "$TEMP/alone") ms" '' \
        '<= 20 ms' "$meanwhile <= 20"
    halt_all
}

# Both services from nothing to `healthy`, five times; then left alone for some seconds.
idle_rows() {
    local begin private resident times
    start_sandbox || return
    : >"$TEMP/starts"
    for _ in 1 2 3 4 5; do
        halt backend gpu
        fresh_data
        begin=$(now_ms)
        launch_both
        await "${PORT_OF[backend]}" /health '"healthy"' && printf '%s\n' "$(calculate "$(now_ms) - $begin" %.0f)" >>"$TEMP/starts"
    done
    times=$(median_of 1 "$TEMP/starts")
    sleep 5
    private=$(($(status_kb backend RssAnon) + $(status_kb gpu RssAnon)))
    resident=$(($(status_kb backend VmRSS) + $(status_kb gpu VmRSS)))
    row 'both services idle: private memory' "$(calculate "$private / 1024" %.1f) MB" '' '' '<= 25' "$private <= 25 * 1024"
    row '  resident' "$(calculate "$resident / 1024" %.1f) MB" "$(fastapi_resident)" '' '<= 90' "$resident <= 90 * 1024"
    row '  from start to healthy' "$times ms" '' '' '<= 300' "$times <= 300"
    halt_all
}

launch_both() {
    launch gpu env WORKSPACE="$TEMP/work" WORKFLOWS_PATH="$TEMP/workflows" GPU_SERVER_PORT="${PORT_OF[gpu]}" \
        COMFYUI_API_URL="http://127.0.0.1:${PORT_OF[sandbox]}" "$BIN/GPUService"
    launch backend env WORKSPACE="$TEMP/work" BACKEND_HOST=127.0.0.1 BACKEND_PORT="${PORT_OF[backend]}" \
        GPU_SERVICE_URL="http://127.0.0.1:${PORT_OF[gpu]}" "$BIN/BackendAPI"
}

fastapi_resident() {
    has_fastapi || return
    start_bare && start_fastapi || return
    sleep 1
    printf 'FastAPI %s MB' "$(calculate "($(status_kb fastapi VmRSS) + $(status_kb fastapi_gpu VmRSS)) / 1024" %.0f)"
    halt fastapi fastapi_gpu bare
}

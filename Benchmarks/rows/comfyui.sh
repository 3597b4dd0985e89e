# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what is read here, or set here, is of another file of bench.sh
# What Easel adds to ComfyUI: from the request to the result's bytes, one picture after the other, and pictures a second.
# Both sides send the picture anew each time, and no two pictures are the same.

easel() { # BODY LOAD_ARGUMENT…
    load -m POST -H 'Prefer: wait=80' -e '"status":"done"' -b "$TEMP/$1.json" "${@:2}" "${PORT_OF[backend]}" /generate
}

direct() { # GRAPH DIRECT_ARGUMENT…
    local picture=()
    [[ $1 != picture ]] || picture=(-p "$TEMP/picture.png")
    "$TEMP/bin/direct" "${picture[@]}" "${@:2}" "$ROOT/Benchmarks/graphs/$1.json" "$COMFY_HOST" "$COMFY_PORT"
}

# Alternates, so that what else the machine does meets both.
latency_row() { # GRAPH TITLE
    local e50 e99 d50 d99
    : >"$TEMP/through" && : >"$TEMP/direct"
    for _ in 1 2 3; do
        direct "$1" -c 1 -n "$PICTURES" >>"$TEMP/direct" || return
        easel "$1" -c 1 -n "$PICTURES" >>"$TEMP/through" || return
    done
    e50=$(median_of 2 "$TEMP/through") e99=$(median_of 3 "$TEMP/through")
    d50=$(median_of 2 "$TEMP/direct") d99=$(median_of 3 "$TEMP/direct")
    are_numbers "$e50" "$e99" "$d50" "$d99" || return
    row "added latency, $2" "p50 $e50 ms" "direct p50 $d50 ms" "$(calculate "$e50 - $d50" %+.1f) ms" '<= 5 ms' "$e50 - $d50 <= 5"
    row '' "p99 $e99 ms" "direct p99 $d99 ms" "$(calculate "$e99 - $d99" %+.1f) ms" '<= 20 ms' "$e99 - $d99 <= 20"
}

rate_row() { # GRAPH TITLE BAR
    local through straight
    straight=$(direct "$1" -c 16 -w 1 -d "$((2 * SECONDS_EACH))" | awk '{ print $1 }')
    through=$(easel "$1" -c 16 -w 1 -d "$((2 * SECONDS_EACH))" | awk '{ print $1 }')
    are_numbers "$through" "$straight" || return
    row "$2, 16 clients" "$(calculate "$through" %.1f)/s" "direct $(calculate "$straight" %.1f)/s" \
        "$(calculate "$through / $straight")" "$3" "$through / $straight >= 0.8"
}

# COMFYUI is empty for the sandbox.
comfyui_rows() { # NAME
    fresh_data
    start_gpu && start_backend || return
    await "${PORT_OF[gpu]}" /health '"comfyui_available":true' || return
    easel blank -c 1 -n 3 >/dev/null
    latency_row blank "$1, blank picture" || return
    latency_row picture "$1, 1 MB picture"
}

# A ComfyUI that takes no time shows what the way costs: latency, pictures a second, and passing on.
instant_rows() {
    COMFYUI=http://127.0.0.1:${PORT_OF[instant]} COMFY_HOST=127.0.0.1 COMFY_PORT=${PORT_OF[instant]}
    launch instant "$TEMP/bin/instant_comfyui" "$COMFY_PORT" "$TEMP/blank.png" "$TEMP/picture.png"
    await "$COMFY_PORT" /system_stats '200 OK' && comfyui_rows 'instant ComfyUI' &&
        rate_row picture '1 MB pictures, instant ComfyUI' '>= 0.8' && forwarding_row
    local code=$?
    COMFYUI=
    halt_all
    return "$code"
}

# The sandbox draws and packs real pictures, which takes both sides their time.
sandbox_rows() {
    COMFY_HOST=127.0.0.1 COMFY_PORT=${PORT_OF[sandbox]}
    start_sandbox && comfyui_rows sandbox && rate_row picture '1 MB pictures, sandbox' '>= 0.8'
}

real_rows() {
    [[ -n ${REAL_COMFYUI_URL-} ]] || return 0
    COMFYUI=${REAL_COMFYUI_URL%/}
    COMFY_HOST=${COMFYUI#http://} COMFY_PORT=80
    [[ $COMFY_HOST != *:* ]] || COMFY_PORT=${COMFY_HOST##*:} COMFY_HOST=${COMFY_HOST%:*}
    comfyui_rows 'real ComfyUI'
    local code=$?
    COMFYUI=
    halt_all
    return "$code"
}

# To :8001 and back with the result: all of Easel, its queue on the disk included, against what only passes it on.
forwarding_row() {
    local through peer
    has_fastapi || return 0
    start_bare && start_fastapi || return
    through=$(easel blank -c 32 -w 1 -d "$SECONDS_EACH" | awk '{ print $1 }')
    peer=$(load -c 32 -w 1 -d "$SECONDS_EACH" -m POST -H 'Content-Type: application/json' -H 'Prefer: wait=80' \
        -e '"status":"done"' -b "$TEMP/accept.json" "${PORT_OF[fastapi]}" /generate | awk '{ print $1 }')
    are_numbers "$through" "$peer" || return
    row 'forwarded to :8001 and back, 32 connections' "$(rate "$through")/s" "FastAPI + httpx $(rate "$peer")/s" \
        "$(calculate "$through / $peer" %.1f)" '>= 10' "$through / $peer >= 10"
}

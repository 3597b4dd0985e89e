#!/usr/bin/env bash
# Keeps both services busy for a while, and holds their memory and descriptors at the end against those after the first
# minute: `scripts/soak.sh --help` says more.
set -u

ROOT=$(dirname -- "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")")

usage() {
    cat <<'TEXT'
Usage: scripts/soak.sh

Starts a sandbox and both services in a temporary folder, lets clients make pictures, cancel tasks, follow events, send
photos, break off and send nonsense, and prints every half minute what the services take. It fails when at the end, with
nothing left to do, descriptors or memory have grown.

Variables:
  SOAK_MINUTES   how long (10)
  SOAK_CLIENTS   clients at a time (8)
  EASEL_BIN      a folder with the programs, in place of the checkout's
TEXT
}

free_port() { # not one that the kernel gives to clients
    local port
    while :; do
        port=$((10000 + RANDOM % 20000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s' "$port"; return; }
    done
}

ask() { curl -sS --max-time 100 "$@" 2>/dev/null; }
post() { ask -H 'Content-Type: application/json' -d @- "$URL$1"; }
task_id() { sed -nE 's/.*"task_id":"([^"]+)".*/\1/p'; }

# One client: each round another thing that clients do.
client() { # NUMBER
    local round=0 id
    while [[ ! -e $TEMP/stop ]]; do
        round=$((round + 1))
        case $(((round + $1) % 8)) in
        0 | 1 | 2) printf '{"mode":"free","prompt":"harbour %s","extra_params":{"steps":2}}' "$round" | ask -H 'Prefer: wait=30' -H 'Content-Type: application/json' -d @- "$URL/generate" >/dev/null ;;
        3) printf '{"mode":"image_transform","target_image":"%s"}' "$PHOTO" | ask -H 'Prefer: wait=30' -H 'Content-Type: application/json' -d @- "$URL/generate" >/dev/null ;;
        4)
            id=$(printf '{"mode":"free","prompt":"a"}' | post /generate | task_id)
            ask -X DELETE "$URL/tasks/$id" >/dev/null
            ;;
        5)
            id=$(printf '{"mode":"free","prompt":"b","extra_params":{"steps":2}}' | post /generate | task_id)
            ask -N "$URL/tasks/$id/events" >/dev/null
            ;;
        6) printf '{"mode":"free","prompt":["no"],"seed":-1' | post /generate >/dev/null ;;
        7)
            # A client that goes in the middle.
            printf '{"mode":"free","prompt":"c","extra_params":{"steps":2}}' |
                curl -sS --max-time 0.05 -H 'Prefer: wait=30' -H 'Content-Type: application/json' -d @- "$URL/generate" >/dev/null 2>&1
            ask "$URL/tasks?limit=50" >/dev/null
            ;;
        esac
        printf . >>"$TEMP/rounds.$1"
    done
}

figure() { # URL NAME
    ask "$1/metrics" | sed -nE "s/^$2 ([0-9]+).*/\1/p" | head -n 1
}

sample() { # NAME: "descriptors kilobytes" of both services into the variables NAME_…
    local service url
    for service in backend gpu; do
        url=$URL
        [[ $service == gpu ]] && url=$GPU_URL
        printf -v "$1_${service}_fds" '%s' "$(figure "$url" process_open_fds)"
        printf -v "$1_${service}_kb" '%s' "$(($(figure "$url" process_resident_memory_bytes) / 1024))"
    done
    local fds_b=$1_backend_fds kb_b=$1_backend_kb fds_g=$1_gpu_fds kb_g=$1_gpu_kb
    printf '%5s s  backend %3s descriptors %7s KB   GPU service %3s descriptors %7s KB   %s rounds\n' "$SECONDS" \
        "${!fds_b}" "${!kb_b}" "${!fds_g}" "${!kb_g}" "$(cat "$TEMP"/rounds.* 2>/dev/null | wc -c)"
}

grown() { # SERVICE
    local fds_a=first_${1}_fds fds_b=last_${1}_fds kb_a=first_${1}_kb kb_b=last_${1}_kb
    ((${!fds_b} > ${!fds_a} + 8)) && { printf '%s: descriptors have grown\n' "$1"; return 0; }
    # A quarter more, and 16 MB, is what an allocator may keep.
    ((${!kb_b} * 4 > ${!kb_a} * 5 + 65536)) && { printf '%s: memory has grown\n' "$1"; return 0; }
    return 1
}

finish() {
    touch "$TEMP/stop"
    wait
    "$ROOT/startup.sh" stop >/dev/null 2>&1
    rm -rf -- "$TEMP"
}

main() {
    case ${1-} in -h | --help) usage; return ;; esac
    local minutes=${SOAK_MINUTES:-10} clients=${SOAK_CLIENTS:-8} number
    TEMP=$(mktemp -d) || return
    trap finish EXIT
    export WORKSPACE=$TEMP/easel BACKEND_HOST=127.0.0.1 SANDBOX_STEP_MS=5 MAX_QUEUED_TASKS=10000 LOG_LEVEL=WARNING
    BACKEND_PORT=$(free_port) GPU_SERVER_PORT=$(free_port) SANDBOX_PORT=$(free_port)
    export BACKEND_PORT GPU_SERVER_PORT SANDBOX_PORT
    export GPU_SERVICE_URL=http://127.0.0.1:$GPU_SERVER_PORT COMFYUI_API_URL=http://127.0.0.1:$SANDBOX_PORT
    URL=http://127.0.0.1:$BACKEND_PORT GPU_URL=$GPU_SERVICE_URL
    PHOTO=$(base64 -w 0 "$ROOT/Tests/FacesTests/Pictures/astronaut.jpg")
    "$ROOT/startup.sh" --sandbox || return
    until ask "$GPU_URL/health/ready" | grep -q '"ready"'; do sleep 0.2; done
    for ((number = 0; number < clients; number++)); do client "$number" & done
    SECONDS=0
    while ((SECONDS < minutes * 60)); do
        sleep 30
        if ((SECONDS < 90)); then sample first; else sample now; fi
    done
    touch "$TEMP/stop"
    wait
    until [[ $(ask "$URL/tasks?status=running&limit=1")$(ask "$URL/tasks?status=queued&limit=1") != *task_id* ]]; do sleep 0.5; done
    sleep 5
    sample last
    grown backend && return 1
    grown gpu && return 1
    printf 'Neither descriptors nor memory have grown.\n'
}

main "$@"

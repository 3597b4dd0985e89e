# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what is read here, or set here, is of another file of bench.sh
# Building the tools, and starting and stopping what is measured. Everything lies in $TEMP and ends with the script.

declare -A PID PORT_OF

build_tools() {
    local name
    mkdir -p -- "$TEMP/bin"
    for name in load streams direct noise await; do
        cc -O2 -o "$TEMP/bin/$name" "$ROOT/Benchmarks/load/$name.c" -luv -lhttp_parser -lpthread || return
    done
    for name in bare instant_comfyui; do
        cc -O2 -o "$TEMP/bin/$name" "$ROOT/Benchmarks/peers/$name.c" -luv -lhttp_parser -lcrypto || return
    done
}

# Ports below those that the kernel gives to clients, so that no connection takes one meanwhile.
choose_ports() {
    local name port=$((20000 + RANDOM % 8000))
    for name in backend gpu sandbox instant bare fastapi fastapi_gpu; do
        port=$((port + 1))
        while grep -qi ":$(printf %04X "$port") 0*:0000 0A" /proc/net/tcp /proc/net/tcp6; do port=$((port + 1)); done
        PORT_OF[$name]=$port
    done
}

# launch NAME COMMAND…: in the background, its output in a log
launch() {
    local name=$1
    shift
    "$@" >>"$TEMP/$name.log" 2>&1 </dev/null &
    PID[$name]=$!
}

halt() { # NAME…
    local name
    for name in "$@"; do
        [[ -n ${PID[$name]-} ]] || continue
        kill -TERM "${PID[$name]}" 2>/dev/null
        wait "${PID[$name]}" 2>/dev/null
        unset "PID[$name]"
    done
}

halt_all() { halt backend gpu sandbox instant bare fastapi fastapi_gpu streams background; }

load() { "$TEMP/bin/load" "$@"; }
await() { "$TEMP/bin/await" "$@"; }

# A fresh data folder for what follows.
fresh_data() { rm -rf -- "$TEMP/work" && mkdir -p -- "$TEMP/work"; }

start_sandbox() {
    launch sandbox env SANDBOX_PORT="${PORT_OF[sandbox]}" SANDBOX_PATH="$TEMP/sandbox" SANDBOX_STEP_MS=0 \
        WORKFLOWS_PATH="$TEMP/workflows" "$BIN/ComfySandbox"
    await "${PORT_OF[sandbox]}" /system_stats '200 OK'
}

start_gpu() {
    launch gpu env WORKSPACE="$TEMP/work" WORKFLOWS_PATH="$TEMP/workflows" GPU_SERVER_PORT="${PORT_OF[gpu]}" \
        COMFYUI_API_URL="${COMFYUI:-http://127.0.0.1:${PORT_OF[sandbox]}}" "$BIN/GPUService"
    await "${PORT_OF[gpu]}" /health '"service"'
}

start_backend() {
    launch backend env WORKSPACE="$TEMP/work" BACKEND_HOST=127.0.0.1 BACKEND_PORT="${PORT_OF[backend]}" \
        GPU_SERVICE_URL="http://127.0.0.1:${PORT_OF[gpu]}" MAX_QUEUED_TASKS=10000000 "$BIN/BackendAPI"
    await "${PORT_OF[backend]}" /health '"healthy"'
}

start_bare() {
    launch bare "$TEMP/bin/bare" "${PORT_OF[bare]}"
    await "${PORT_OF[bare]}" /health healthy
}

# The GPU service of the FastAPI pair has the bare server in ComfyUI's place.
start_fastapi() {
    local service=$ROOT/Benchmarks/peers/fastapi_service.py
    launch fastapi_gpu "$PYTHON" "$service" gpu "${PORT_OF[fastapi_gpu]}" "${PORT_OF[bare]}"
    launch fastapi "$PYTHON" "$service" backend "${PORT_OF[fastapi]}" "${PORT_OF[fastapi_gpu]}"
    await "${PORT_OF[fastapi]}" /health healthy
}

has_fastapi() { [[ -n $PYTHON ]] && "$PYTHON" -c 'import fastapi, uvicorn, httpx' 2>/dev/null; }

# status_kb NAME FIELD: a line of /proc/PID/status, in KB
status_kb() { awk -v field="$2:" '$1 == field { print $2 }' "/proc/${PID[$1]}/status"; }

now_ms() { printf '%s' "${EPOCHREALTIME/[.,]/}" | awk '{ printf "%.1f", $1 / 1000 }'; }

ask() { curl -q -sS -g --noproxy '*' --max-time 120 "$@"; }

# The id of a new task.
new_task() {
    ask -d '{"mode":"free","prompt":"a lighthouse"}' "http://127.0.0.1:${PORT_OF[backend]}/generate" |
        sed -E 's/.*"task_id": ?"([^"]*)".*/\1/'
}

# median_of WHICH FILE: of the lines that a generator printed; WHICH is 1 rate, 2 p50, 3 p99
median_of() { sort -n -k"$1,$1" -- "$2" | awk -v which="$1" '{ line[NR] = $which } END { print line[int((NR + 1) / 2)] }'; }

#!/usr/bin/env bash
# Measures Easel beside a bare C server, a FastAPI service of the same contract, and ComfyUI used directly, and prints a
# table of ratios: `scripts/bench.sh --help` says the rest.
set -u

ROOT=$(dirname -- "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")")
for part in lib/table lib/setup lib/bodies rows/serving rows/depth rows/memory rows/comfyui; do
    # shellcheck source=/dev/null
    . "$ROOT/Benchmarks/$part.sh" || exit 1
done

usage() {
    cat <<'TEXT'
Usage: scripts/bench.sh [GROUP…]

Groups, in the order of the table; all without one:
  serving   GET /health and POST /generate against a bare C server and FastAPI
  queue     accepting with many tasks queued
  rows      accepting and reading with many tasks in the database
  streams   memory of open event streams
  instant   latency and pictures a second against a ComfyUI that takes no time, and forwarding against FastAPI
  sandbox   latency and pictures a second against the sandbox used directly
  real      latency against a real ComfyUI at REAL_COMFYUI_URL
  large     memory of a request with large pictures
  idle      memory of idle services, and the time to start

Variables:
  EASEL_BIN         a folder with the programs, in place of .build/release (which is built where it is missing)
  PYTHON            a Python that has fastapi, uvicorn and httpx, for the rows against them (python3)
  REAL_COMFYUI_URL  http://HOST:PORT of a real ComfyUI
  SECONDS_EACH      seconds for each measurement of a rate (3)
  QUEUED, ROWS, STREAMS, PICTURES   how many (10000, 1000000, 10000, 60)
TEXT
}

prepare() {
    local name
    SECONDS_EACH=${SECONDS_EACH:-3} QUEUED=${QUEUED:-10000} ROWS=${ROWS:-1000000} STREAMS=${STREAMS:-10000}
    # shellcheck disable=SC2034 # read in Benchmarks
    PICTURES=${PICTURES:-60} PYTHON=${PYTHON:-$(command -v python3)} BIN=${EASEL_BIN:-$ROOT/.build/release} COMFYUI=
    for name in SECONDS_EACH QUEUED ROWS STREAMS PICTURES; do
        [[ ${!name} =~ ^[1-9][0-9]{0,8}$ ]] || { note "$name must be a whole number from 1."; exit 2; }
    done
    for name in BackendAPI GPUService ComfySandbox; do
        [[ -x $BIN/$name ]] && continue
        [[ -z ${EASEL_BIN-} ]] || { note "$BIN/$name is missing."; exit 1; }
        note 'Building Easel for release; the first time takes minutes …'
        swift build -c release --package-path "$ROOT" >&2 || exit 1
    done
    # The variables of an Easel that runs here are not for the one that is measured.
    unset WORKSPACE DATA_PATH WORKFLOWS_PATH BACKEND_HOST BACKEND_PORT PORT GPU_SERVER_HOST GPU_SERVER_PORT \
        GPU_SERVICE_URL COMFYUI_API_URL EASEL_PID_FILE EASEL_ENV_FILE EASEL_URL LOG_LEVEL
    ulimit -n "$(ulimit -Hn)"
    TEMP=$(mktemp -d) || exit 1
    trap 'halt_all; rm -rf -- "$TEMP"' EXIT
    trap 'exit 130' INT TERM
    build_tools || { note 'The tools need a C compiler, libuv1-dev, libhttp-parser-dev and libssl-dev (make deps).'; exit 1; }
    has_fastapi || note "The rows against FastAPI are left out: ${PYTHON:-python3} has no fastapi, uvicorn and httpx."
    choose_ports
    make_workflows
    make_bodies
}

main() {
    local groups=("$@") group
    case ${1-} in -h | --help) usage; return ;; esac
    ((${#groups[@]})) || groups=(serving queue rows streams instant sandbox real large idle)
    for group in "${groups[@]}"; do
        declare -F "${group}_rows" >/dev/null || { usage >&2; return 2; }
    done
    prepare
    printf '%s cores, load %s before the first row\n\n' "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
    heading
    for group in "${groups[@]}"; do
        "${group}_rows" || note "The rows of \"$group\" could not be measured; the end of the logs: $(tail -qn 2 "$TEMP"/*.log)"
        halt_all
    done
    printf '\n%s rows, %s of them over their bar.\n' "$ROWS_DONE" "$MISSED"
}

main "$@"

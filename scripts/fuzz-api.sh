#!/usr/bin/env bash
# Lets schemathesis send to a running Easel what its own /openapi.json allows, and what it does not: no answer may be
# undocumented, of another shape than documented, or a 500. `scripts/fuzz-api.sh --help` says the rest.
set -u

ROOT=$(dirname -- "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")")

usage() {
    cat <<'TEXT'
Usage: scripts/fuzz-api.sh [SCHEMATHESIS_ARGUMENT…]

Variables:
  EASEL_BIN    a folder with the programs (.build/debug)
  FUZZ_SEED    the seed (drawn)
  FUZZ_CASES   cases at most for each route (50)
  FUZZ_PYTHON  a Python that has schemathesis (a virtual environment in .build is made for it)
TEXT
}

find_schemathesis() {
    local venv=$ROOT/.build/fuzz-venv
    [[ -n ${FUZZ_PYTHON-} ]] && return
    FUZZ_PYTHON=$venv/bin/python
    [[ -x $FUZZ_PYTHON ]] && "$FUZZ_PYTHON" -c 'import schemathesis' 2>/dev/null && return
    python3 -m venv "$venv" && "$venv/bin/pip" -q install 'schemathesis>=4,<5'
}

free_port() {
    local port
    while port=$((20000 + RANDOM % 8000)); do
        grep -qi ":$(printf %04X "$port") 0*:0000 0A" /proc/net/tcp /proc/net/tcp6 || break
    done
    printf '%s' "$port"
}

start() {
    export WORKSPACE=$TEMP/work EASEL_BIN=${EASEL_BIN:-$ROOT/.build/debug} BACKEND_HOST=127.0.0.1 MAX_WAIT=2
    export SANDBOX_STEP_MS=0 MAX_QUEUED_TASKS=100000
    WEBHOOK_SECRET=whsec_$(head -c 32 /dev/urandom | base64)
    BACKEND_PORT=$(free_port) GPU_SERVER_PORT=$(free_port) SANDBOX_PORT=$(free_port)
    GPU_SERVICE_URL=http://127.0.0.1:$GPU_SERVER_PORT COMFYUI_API_URL=http://127.0.0.1:$SANDBOX_PORT
    export WEBHOOK_SECRET BACKEND_PORT GPU_SERVER_PORT SANDBOX_PORT GPU_SERVICE_URL COMFYUI_API_URL
    unset DATA_PATH WORKFLOWS_PATH EASEL_PID_FILE EASEL_ENV_FILE PORT
    mkdir -p -- "$WORKSPACE"
    trap '"$ROOT/startup.sh" stop >/dev/null 2>&1; rm -rf -- "$TEMP"' EXIT
    trap 'exit 130' INT TERM
    "$ROOT/startup.sh" --sandbox >"$TEMP/startup.log" 2>&1 || { cat "$TEMP/startup.log"; return 1; }
    until curl -fsS --noproxy '*' "http://127.0.0.1:$BACKEND_PORT/workflows" 2>/dev/null | grep -q image_transform; do
        sleep 0.2
    done
}

main() {
    local seed=${FUZZ_SEED:-$RANDOM$RANDOM} status
    case ${1-} in -h | --help) usage; return ;; esac
    find_schemathesis || { printf 'schemathesis could not be installed.\n' >&2; return 1; }
    TEMP=$(mktemp -d) || return
    start || return
    # QUERY, which http-parser does not know, is answered with 501 as RFC 9110, section 15.6.2, has it.
    printf '[phases.coverage]\nunexpected-methods = ["PUT", "PATCH", "TRACE", "DELETE"]\n' >"$TEMP/fuzz.toml"
    printf 'seed %s\n' "$seed"
    # A 500 is documented nowhere, and so is a failure; 502, 503 and 507 are what some routes promise.
    "$FUZZ_PYTHON" -m schemathesis.cli --config-file "$TEMP/fuzz.toml" run "http://127.0.0.1:$BACKEND_PORT/openapi.json" --seed "$seed" \
        --max-examples "${FUZZ_CASES:-50}" --request-timeout 30 --no-color \
        --checks status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,unsupported_method,allow_header_conformance \
        "$@"
    status=$?
    grep -hE '"?level"?.*error|ERROR|crash|Fatal' "$WORKSPACE"/logs/*.log | tail -n 20
    return "$status"
}

main "$@"

# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read in another file of startup.sh
# The services: where each is found, what it is started with, and how it is started and stopped.

declare -A TITLE_OF=([gpu_server]="GPU service" [backend]=Backend [comfy_sandbox]=Sandbox [telegram_bot]="Telegram bot")
declare -A BINARY_OF=([gpu_server]=GPUService [backend]=BackendAPI [comfy_sandbox]=ComfySandbox)
declare -A HEALTH_OF=([gpu_server]=/health [backend]=/health [comfy_sandbox]=/system_stats)
declare -A PORT_OF=() URL_OF=()
HEALTH_LIMIT_MS=5000
# The authorities that a machine trusts, where Debian keeps them.
CERTIFICATES=/etc/ssl/certs/ca-certificates.crt
FAILED=0

# Reads where each service listens, from the same places as the services themselves.
read_settings() {
    BACKEND_ENV=$WORKSPACE/backend.env
    GPU_ENV=$WORKSPACE/gpu_server.env
    PORT_OF[backend]=$(setting "$BACKEND_ENV" BACKEND_PORT "$(setting "$BACKEND_ENV" PORT 8000)")
    PORT_OF[gpu_server]=$(setting "$GPU_ENV" GPU_SERVER_PORT 8001)
    URL_OF[backend]=http://$(reachable "$(setting "$BACKEND_ENV" BACKEND_HOST 0.0.0.0)"):${PORT_OF[backend]}
    URL_OF[gpu_server]=http://$(reachable "$(setting "$GPU_ENV" GPU_SERVER_HOST 127.0.0.1)"):${PORT_OF[gpu_server]}
    WORKFLOWS=$(setting "$GPU_ENV" WORKFLOWS_PATH "$ROOT/workflows")
    BOT_COMMAND=$(setting "$BACKEND_ENV" TELEGRAM_BOT_COMMAND)
    read_comfyui
    follow_running
}

# The sandbox takes the place of the first ComfyUI that the GPU service looks for; SANDBOX_HOST and SANDBOX_PORT say
# otherwise, and then the GPU service is sent there unless COMFYUI_API_URL is set as well.
read_comfyui() {
    local host='' port=''
    COMFYUI=$(setting "$GPU_ENV" COMFYUI_API_URL)
    if [[ -z $COMFYUI ]] && $WITH_SANDBOX; then
        COMFYUI=http://$(reachable "${SANDBOX_HOST:-127.0.0.1}"):${SANDBOX_PORT:-8188}
    elif [[ -z $COMFYUI ]]; then
        COMFYUI=$(running_url comfy_sandbox)
    fi
    COMFYUI=${COMFYUI:-http://localhost:8188}
    if [[ ${COMFYUI%%,*} =~ ^[[:space:]]*http://([^/]*@)?(\[[^]]*\]|[^:/[:space:]]+)(:([0-9]+))? ]]; then
        host=${BASH_REMATCH[2]}
        port=${BASH_REMATCH[4]:-80}
    fi
    SANDBOX_BIND=${SANDBOX_HOST:-${host/#localhost/127.0.0.1}}
    PORT_OF[comfy_sandbox]=${SANDBOX_PORT:-$port}
    URL_OF[comfy_sandbox]=http://$(reachable "$SANDBOX_BIND"):${PORT_OF[comfy_sandbox]}
}

# What already runs is asked where it was started, whatever the settings say by now.
follow_running() {
    local name url
    for name in "${!URL_OF[@]}"; do
        url=$(running_url "$name")
        [[ -z $url ]] || URL_OF[$name]=$url PORT_OF[$name]=${url##*:}
    done
}

running_url() { # NAME
    local pid
    pid=$(running_pid "$1") && variable_of "$pid" EASEL_URL
}

comfyui_answers() {
    local url
    for url in ${COMFYUI//,/ }; do
        http_get "${url%/}/system_stats" 5000 && [[ $HTTP_STATUS == 200 ]] && return
    done
    return 1
}

# What a service is told beyond the environment that startup.sh itself was given.
environment_for() { # NAME
    CHILD_ENV=()
    case $1 in
    gpu_server) CHILD_ENV=("EASEL_ENV_FILE=$GPU_ENV" "WORKFLOWS_PATH=$WORKFLOWS" "COMFYUI_API_URL=$COMFYUI") ;;
    backend)
        # Beside another instance the default address would be the other's GPU service.
        CHILD_ENV=("EASEL_ENV_FILE=$BACKEND_ENV"
            "GPU_SERVICE_URL=$(setting "$BACKEND_ENV" GPU_SERVICE_URL "${URL_OF[gpu_server]}")")
        ;;
    comfy_sandbox)
        CHILD_ENV=("SANDBOX_HOST=$(bare_host "$SANDBOX_BIND")" "SANDBOX_PORT=${PORT_OF[comfy_sandbox]}"
            "WORKFLOWS_PATH=$WORKFLOWS")
        ;;
    esac
    [[ -z ${URL_OF[$1]-} ]] || CHILD_ENV+=("EASEL_URL=${URL_OF[$1]}")
    if [[ -d $ROOT/lib && $BIN == "$ROOT/bin" && $1 != telegram_bot ]]; then carried; fi
}

# What a release carries for its programs only; the libraries they find by themselves.
carried() {
    # Where libvips looks for the module that reads HEIC and AVIF.
    CHILD_ENV+=("VIPSHOME=$ROOT/lib")
    [[ -n ${SSL_CERT_FILE-} || -s $CERTIFICATES ]] || CHILD_ENV+=("SSL_CERT_FILE=$ROOT/lib/ca-certificates.crt")
}

start_service() { # NAME
    local name=$1 pid
    if pid=$(running_pid "$name"); then
        respect "$name" "$pid" && return
        # It has ended meanwhile: the new one goes where the settings say.
        read_settings
    fi
    note_stale "$name"
    environment_for "$name"
    launch "$name" "$BIN/${BINARY_OF[$name]}"
    until_answers "$CHILD" "${PORT_OF[$name]}" "${URL_OF[$name]}${HEALTH_OF[$name]}" "$HEALTH_LIMIT_MS"
    case $? in
    0) info "${TITLE_OF[$name]} started: ${URL_OF[$name]} (PID $CHILD)." ;;
    1) report_death "$name" ;;
    *) warn "${TITLE_OF[$name]} started (PID $CHILD), but $(silence "$name"). Its log: $(log_file "$name")" ;;
    esac
}

silence() { # NAME: why it does not count as answering
    local said="does not answer"
    [[ $HTTP_STATUS == 000 ]] || said="answers HTTP $HTTP_STATUS"
    printf '%s' "it $said at ${URL_OF[$1]}${HEALTH_OF[$1]} after $((HEALTH_LIMIT_MS / 1000)) s"
}

# A process that lives is not started a second time. One that was just told to stop lives on for a while without
# listening: it is waited for, and fails here (1), so that a new one is started.
respect() { # NAME PID
    local name=$1 pid=$2 title=${TITLE_OF[$1]} grace
    until_answers "$pid" "${PORT_OF[$name]}" "${URL_OF[$name]}${HEALTH_OF[$name]}" "$HEALTH_LIMIT_MS"
    case $? in
    0)
        info "$title already runs: ${URL_OF[$name]} (PID $pid)."
        ! is_outdated "$name" "$pid" || info "$title is of another build; stop and start it to run the new one."
        ;;
    1) return 1 ;;
    *)
        grace=$(grace_of "$name")
        if ! listens "$pid"; then
            info "$title (PID $pid) no longer listens; waiting up to $grace s for its end …"
            until_ended "$name" "$pid" "$((grace * 1000))" && return 1
        fi
        warn "$title already runs (PID $pid), but $(silence "$name"). Its log: $(log_file "$name")"
        ;;
    esac
}

note_stale() { # NAME
    local file
    file=$(pid_file "$1")
    [[ ! -e $file ]] || info "${TITLE_OF[$1]}: $file is stale (no process of ours has that number); starting anew."
}

report_death() { # NAME
    local name=$1 log code reason=
    log=$(log_file "$name")
    wait "$CHILD" 2>/dev/null
    code=$?
    FAILED=1
    forget_pid "$name" "$CHILD"
    [[ -n ${PORT_OF[$name]-} && -n $(port_holder "${PORT_OF[$name]}") ]] &&
        reason=" Port ${PORT_OF[$name]} is taken by another program."
    error "${TITLE_OF[$name]} could not be started: it ended with exit code $code.$reason The end of $log:"
    tail -c "+$((LOG_FROM + 1))" -- "$log" | tail -n 15 | quote 2
}

port_holder() { # PORT
    [[ $1 =~ ^[0-9]{1,5}$ ]] && listening_sockets "$1"
}

start_sandbox() {
    if ! running_pid comfy_sandbox >/dev/null && comfyui_answers; then
        info "A ComfyUI answers at $(shown_urls "$COMFYUI"); the sandbox is not needed."
    elif [[ $SANDBOX_BIND =~ ^(localhost|127\..*|0\.0\.0\.0|\[?::1?\]?)$ ]]; then
        start_service comfy_sandbox
    else
        warn "No ComfyUI answers at $(shown_urls "$COMFYUI"), and the sandbox can only take the place of one at http:// on this" \
            "machine; it is not started."
    fi
}

# The bot talks to the backend, so it is started once that says "healthy".
start_bot() {
    local pid
    if pid=$(running_pid telegram_bot); then
        info "Telegram bot already runs (PID $pid)."
    elif ! until_healthy; then
        warn "Telegram bot not started: the backend is not healthy yet. Run startup.sh again when it is."
    else
        note_stale telegram_bot
        environment_for telegram_bot
        launch telegram_bot bash -c "$BOT_COMMAND"
        if lives_on "$CHILD"; then
            info "Telegram bot started (PID $CHILD)."
        else
            report_death telegram_bot
        fi
    fi
}

until_healthy() {
    local deadline
    deadline=$(($(now_ms) + HEALTH_LIMIT_MS))
    running_pid backend >/dev/null || return
    until http_get "${URL_OF[backend]}/health" 1000 && [[ $(health_word) == healthy ]]; do
        (($(now_ms) < deadline)) || return 1
        sleep 0.1
    done
}

# A bot has no health to ask for: one that is there after a second has started.
lives_on() { # PID
    local tries
    for ((tries = 0; tries < 20; tries++)); do
        is_living "$1" || return 1
        sleep 0.05
    done
}

grace_of() { # NAME: its SHUTDOWN_GRACE and a little
    local file=$BACKEND_ENV
    [[ $1 == gpu_server ]] && file=$GPU_ENV
    printf '%s' "$(($(seconds "$(setting "$file" SHUTDOWN_GRACE)" 10) + 3))"
}

stop_service() { # NAME
    local name=$1 title=${TITLE_OF[$1]} pid grace
    if ! pid=$(running_pid "$name"); then
        rm -f -- "$(pid_file "$name")"
        return
    fi
    grace=$(grace_of "$name")
    info "Stopping: $title (PID $pid), within $grace s …"
    send "$name" "$pid" TERM
    if ! until_ended "$name" "$pid" "$((grace * 1000))"; then
        warn "$title (PID $pid) has not ended within $grace s; killing it (SIGKILL)."
        send "$name" "$pid" KILL
        until_ended "$name" "$pid" 3000 || { error "$title (PID $pid) cannot be killed."; FAILED=1; return; }
    fi
    forget_pid "$name" "$pid"
    info "$title stopped."
}

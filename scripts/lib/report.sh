# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read in another file of startup.sh
# What startup.sh tells about the services: the summary after a start, and `status`.

summary() {
    info "Easel:"
    {
        printf '%-13s %s\n' Workspace "$WORKSPACE"
        service_lines
        [[ -z ${RUNPOD_POD_ID-} ]] ||
            printf '%-13s %s\n' Public "https://$RUNPOD_POD_ID-${PORT_OF[backend]}.proxy.runpod.net"
        printf '%-13s %s\n' Settings "$BACKEND_ENV, $GPU_ENV"
        printf '%-13s %s\n' Logs "$WORKSPACE/logs/"
        printf '%-13s %s\n' Stop "$(command_line) stop"
    } | quote 1
    ((WARNINGS == 0)) || info "$WARNINGS warning(s) above."
}

# How to call this script again for the same workspace, from anywhere.
command_line() {
    [[ -z ${GIVEN_WORKSPACE-} ]] || printf 'WORKSPACE=%q ' "$WORKSPACE"
    printf '%q' "$ROOT/startup.sh"
}

service_lines() {
    local name pid
    for name in comfy_sandbox gpu_server backend telegram_bot; do
        is_expected "$name" || continue
        if pid=$(running_pid "$name"); then
            printf '%-13s running  PID %s%s\n' "${TITLE_OF[$name]}" "$pid" "$(condition "$name" "$pid")"
        elif [[ -e $(pid_file "$name") ]]; then
            printf '%-13s not running (its PID file is stale)\n' "${TITLE_OF[$name]}"
        else
            printf '%-13s not running\n' "${TITLE_OF[$name]}"
        fi
    done
}

# The sandbox and the bot are there only when somebody asked for them.
is_expected() { # NAME
    case $1 in
    telegram_bot) [[ -n $BOT_COMMAND || -e $(pid_file "$1") ]] ;;
    comfy_sandbox) [[ -e $(pid_file "$1") ]] ;;
    esac
}

condition() { # NAME PID: its address and its health, asked now
    local word url=${URL_OF[$1]-}
    [[ -n $url ]] || return 0
    if ! listens "$2" "${PORT_OF[$1]}"; then
        word="does not listen there"
    elif ! http_get "$url${HEALTH_OF[$1]}" 2000; then
        word="does not answer"
    else
        word=$(health_word)
        [[ $HTTP_STATUS == 200 ]] || word="HTTP $HTTP_STATUS${word:+, $word}"
        [[ $HTTP_BODY != *'"comfyui_available"'*false* ]] || word+=", no ComfyUI at $(shown_urls "$COMFYUI")"
    fi
    printf '  %s' "$url${word:+  $word}"
}

all_run() {
    local name
    for name in comfy_sandbox gpu_server backend telegram_bot; do
        is_expected "$name" || continue
        running_pid "$name" >/dev/null || return 1
    done
}

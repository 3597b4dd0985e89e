#!/usr/bin/env bash
# Boots Easel: the GPU service, then the backend. `startup.sh --help` says the rest.
set -u

ROOT=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/lib/lines.sh
. "$ROOT/scripts/lib/lines.sh" || exit 1
# shellcheck source=scripts/lib/settings.sh
. "$ROOT/scripts/lib/settings.sh" || exit 1
# shellcheck source=scripts/lib/health.sh
. "$ROOT/scripts/lib/health.sh" || exit 1
# shellcheck source=scripts/lib/processes.sh
. "$ROOT/scripts/lib/processes.sh" || exit 1
# shellcheck source=scripts/lib/binaries.sh
. "$ROOT/scripts/lib/binaries.sh" || exit 1
# shellcheck source=scripts/lib/services.sh
. "$ROOT/scripts/lib/services.sh" || exit 1
# shellcheck source=scripts/lib/report.sh
. "$ROOT/scripts/lib/report.sh" || exit 1

usage() {
    cat <<'TEXT'
Usage: startup.sh [--sandbox]   start what does not run yet: GPU service, backend, Telegram bot
       startup.sh stop          stop all of it gracefully
       startup.sh status        say what runs; exit code 0 when all does, 3 otherwise
       startup.sh keys …        make, list and revoke API keys: `startup.sh keys --help`
       startup.sh --help        this text

  --sandbox   also start ComfySandbox where no ComfyUI answers at COMFYUI_API_URL

Variables (those of the services too; the environment wins over $WORKSPACE/backend.env and gpu_server.env):
  WORKSPACE                   where logs, PID files, settings and data live
                              (/workspace where that exists, else .workspace beside this script)
  TELEGRAM_BOT_COMMAND        a command to start once the backend is healthy
  SANDBOX_HOST, SANDBOX_PORT  where the sandbox listens (where COMFYUI_API_URL looks for it)
  EASEL_BIN                   a folder with the programs, in place of bin/ or a build
  NO_COLOR                    any value: no colour

Exit code: 0 started, also with warnings; 1 when a service could not be started; 2 for a wrong call.
TEXT
}

COMMAND=start
WITH_SANDBOX=false
read_arguments() {
    local argument seen=
    for argument in "$@"; do
        case $argument in
        --sandbox) WITH_SANDBOX=true ;;
        stop | status)
            [[ -z $seen ]] || refuse "$argument"
            seen=$argument COMMAND=$argument
            ;;
        -h | --help) usage; exit 0 ;;
        *) refuse "$argument" ;;
        esac
    done
    $WITH_SANDBOX && [[ $COMMAND != start ]] && refuse --sandbox
    return 0
}

refuse() {
    printf 'startup.sh: "%s" is not understood here.\n\n' "$1" >&2
    usage >&2
    exit 2
}

prepare_workspace() {
    local file
    mkdir -p -- "$WORKSPACE/logs" || die "Cannot make $WORKSPACE/logs."
    open_log
    for file in backend.env gpu_server.env; do
        [[ ! -e $WORKSPACE/$file && ! -L $WORKSPACE/$file ]] || continue
        # It is a place for secrets: for its owner alone.
        install -m 600 -- "$ROOT/env.templates/$file" "$WORKSPACE/$file" || warn "Cannot write $WORKSPACE/$file."
    done
}

open_log() {
    keep_small "$WORKSPACE/logs/startup.log"
    { : >>"$WORKSPACE/logs/startup.log"; } 2>/dev/null || die "Cannot write $WORKSPACE/logs/startup.log."
    STARTUP_LOG=$WORKSPACE/logs/startup.log
}

# One at a time for each workspace. Descriptor 9 holds the lock until this script ends; no child inherits it.
take_lock() { # SECONDS
    local code
    exec 9>>"$WORKSPACE/startup.lock" || die "Cannot write $WORKSPACE/startup.lock."
    flock -n -E 75 9 2>/dev/null
    code=$?
    if ((code == 75)); then
        info "Another startup.sh is at work here; waiting for it …"
        flock -w "$1" -E 75 9
        code=$?
        ((code != 75)) || die "The other startup.sh is still at work after $1 s. Try again later."
    fi
    # Some network file systems know no locks; booting matters more.
    ((code == 0)) || warn "$WORKSPACE cannot be locked; be sure that only one startup.sh runs."
}

start() {
    local binaries=(GPUService BackendAPI)
    $WITH_SANDBOX && binaries+=(ComfySandbox)
    prepare_workspace
    take_lock 1800
    info "Starting Easel from $ROOT in $WORKSPACE."
    if $FROM_SOURCE; then build_when_stale "${binaries[@]}"; fi
    require_binaries "${binaries[@]}"
    read_settings
    warn_of_secrets
    $WITH_SANDBOX && start_sandbox
    start_service gpu_server
    start_service backend
    [[ -z $BOT_COMMAND ]] || start_bot
    summary
    return "$FAILED"
}

warn_of_secrets() {
    local key=GPU_SERVICE_SECRET
    [[ $(setting "$GPU_ENV" $key) == "$(setting "$BACKEND_ENV" $key)" ]] ||
        warn "$key differs between $GPU_ENV and $BACKEND_ENV; the GPU service will refuse the backend."
}

stop() {
    local name
    [[ -d $WORKSPACE ]] || { info "Nothing runs: there is no $WORKSPACE."; return 0; }
    [[ ! -d $WORKSPACE/logs ]] || open_log
    take_lock 120
    read_settings
    # The backend before the GPU service: requests in flight still need that one.
    for name in telegram_bot backend gpu_server comfy_sandbox; do stop_service "$name"; done
    ((FAILED)) || info "All is stopped."
    return "$FAILED"
}

status() {
    read_settings
    printf 'Workspace     %s\n' "$WORKSPACE"
    service_lines
    all_run || return 3
}

# The backend's own command: it asks the backend that runs, or opens the data folder when none does.
keys() { # ARGUMENT…
    unset EASEL_PID_FILE EASEL_ENV_FILE EASEL_URL
    find_binaries
    choose_workspace
    [[ -x $BIN/BackendAPI ]] || die "$BIN/BackendAPI is missing: run startup.sh first."
    # Where nothing runs yet its settings are not there either.
    CHILD_ENV=("WORKSPACE=$WORKSPACE")
    [[ ! -f $WORKSPACE/backend.env ]] || CHILD_ENV+=("EASEL_ENV_FILE=$WORKSPACE/backend.env")
    cd -- "$ROOT" || exit 1
    exec env -- "${CHILD_ENV[@]}" "$BIN/BackendAPI" keys "$@"
}

main() {
    [[ ${1-} != keys ]] || keys "${@:2}"
    read_arguments "$@"
    unset EASEL_PID_FILE EASEL_ENV_FILE EASEL_URL
    choose_workspace
    find_binaries
    "$COMMAND"
}

main "$@"

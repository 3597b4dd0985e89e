#!/usr/bin/env bash
# Starts Easel, with the sandbox where no ComfyUI answers, and makes one picture through it.
set -u

ROOT=$(dirname -- "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")")
for part in lines settings health processes binaries services; do
    # shellcheck source=/dev/null
    . "$ROOT/scripts/lib/$part.sh" || exit 1
done

# shellcheck disable=SC2034 # read in services.sh
WITH_SANDBOX=true
PROMPT="a lighthouse on a cliff at dusk, oil painting"
BODY="{\"mode\":\"free\",\"prompt\":\"$PROMPT\",\"output_format\":\"png\"}"
LIMIT_S=300

fail() { # WHICH_LOG TEXT…
    local log=$1
    shift
    error "$@"
    printf '  Read: %s\n' "$WORKSPACE/logs/$log" >&2
    printf '  What runs: %s/startup.sh status\n' "$ROOT" >&2
    exit 1
}

# The first "KEY": "text" of a JSON answer, with \/ and \" resolved; enough for ids, states, paths and messages.
text_of() { # FILE KEY
    grep -oE "\"$2\"[[:space:]]*:[[:space:]]*\"([^\"\\\\]|\\\\.)*\"" -- "$1" | head -n 1 |
        sed -E 's/^"[^"]*"[[:space:]]*:[[:space:]]*"(.*)"$/\1/; s#\\([/"\\])#\1#g'
}

first_image() { # FILE
    tr -d '\n' <"$1" | grep -oE '"images"[[:space:]]*:[[:space:]]*\[[[:space:]]*"([^"\\]|\\.)*"' | head -n 1 |
        sed -E 's/^[^[]*\[[[:space:]]*"(.*)"$/\1/; s#\\/#/#g'
}

# Asks the backend; the answer goes to $ANSWER, its status to STATUS. 000: no answer at all.
ask() { # CURL_ARGUMENT…
    STATUS=$(curl -q -s -g --noproxy '*' --max-time 120 -o "$ANSWER" -w '%{http_code}' "$@") || STATUS=000
}

# What a refusal says: a problem's detail, or the messages of a 422.
complaint() {
    local detail
    detail=$(text_of "$ANSWER" detail)
    [[ -n $detail ]] || detail=$(text_of "$ANSWER" msg)
    printf '%s' "${detail:-$(head -c 300 -- "$ANSWER" 2>/dev/null)}"
}

# A backend that has just started may not know its workflows yet (503): it is asked again for a while.
submit() {
    local tries
    for ((tries = 0; tries < 30; tries++)); do
        ask -H 'Content-Type: application/json' -H 'Prefer: wait=60' -d "$BODY" "$BACKEND/generate"
        [[ $STATUS == 503 ]] || break
        sleep 0.5
    done
    case $STATUS in
    200) ;;
    000) fail backend.log "The backend does not answer at $BACKEND/generate." ;;
    401) fail backend.log "The backend wants an API key (AUTH=required in $WORKSPACE/backend.env); the demo has none." ;;
    *) fail backend.log "The backend refused the task with HTTP $STATUS: $(complaint)" ;;
    esac
    TASK=$(text_of "$ANSWER" task_id)
    [[ $TASK =~ ^[0-9A-Za-z-]+$ ]] || fail backend.log "The backend's answer names no task: $(head -c 300 -- "$ANSWER")"
}

# A real ComfyUI may load its model first, so the task is followed past the first answer.
follow() {
    local state until=$((SECONDS + LIMIT_S))
    while :; do
        ask "$BACKEND/tasks/$TASK?wait=20"
        [[ $STATUS == 200 ]] || fail backend.log "Task $TASK: the backend answered HTTP $STATUS: $(complaint)"
        state=$(text_of "$ANSWER" status)
        case $state in
        done) return ;;
        failed | cancelled) fail gpu_server.log "Task $TASK ended as $state: $(text_of "$ANSWER" error)" ;;
        esac
        ((SECONDS < until)) || fail gpu_server.log "Task $TASK is still $state after $LIMIT_S s."
        info "The task is $state …"
        sleep 0.2
    done
}

fetch() {
    URL=$(first_image "$ANSWER")
    [[ -n $URL ]] || fail backend.log "Task $TASK is done, but lists no image."
    [[ $URL == /* ]] && URL=$BACKEND$URL
    ask "$URL"
    [[ $STATUS == 200 ]] || fail backend.log "The picture at $URL cannot be fetched: HTTP $STATUS."
    [[ $(head -c 8 -- "$ANSWER" | od -An -tx1 | tr -d ' \n') == 89504e470d0a1a0a ]] ||
        fail backend.log "What $URL gave is no PNG."
    install -m 644 -- "$ANSWER" "$WORKSPACE/demo.png" || fail startup.log "Cannot write $WORKSPACE/demo.png."
}

tell() {
    local note=
    [[ -z $(running_pid comfy_sandbox) ]] ||
        note="
  drawn by the sandbox: no ComfyUI answered, so no model has seen the prompt"
    cat <<TEXT

A picture of "$PROMPT":

  file  $WORKSPACE/demo.png
  URL   $URL$note

Once more, by hand:

  curl -s -H 'Prefer: wait=60' -H 'Content-Type: application/json' -d '$BODY' $BACKEND/generate | sed -n 's/.*"image": *"\([^"]*\)".*/\1/p' | base64 -d > picture.png

Next:

  make stop   ends it
  README.md   the API, the settings, running on a pod
  $BACKEND/docs   every route
TEXT
}

main() {
    command -v curl >/dev/null || die "The demo needs curl."
    "$ROOT/startup.sh" --sandbox || die "Easel did not start; the reason is above."
    choose_workspace
    find_binaries
    read_settings
    BACKEND=${URL_OF[backend]}
    ANSWER=$(mktemp) || die "No temporary file can be made."
    trap 'rm -f -- "$ANSWER"' EXIT
    info "Making a picture: POST $BACKEND/generate …"
    submit
    follow
    fetch
    tell
}

main

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
# A sun over the sea, 64 x 64: what the demo transforms where ComfyUI has no model.
PHOTO=iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAABvklEQVR42tXPyS4DABSF4fM4IiIiIiLGqnmuqaqqqqqqqqqzmmuex4iIiIgH8jhWFt3YELn3bk7y7c9/UNbwQA3ljffUUNF0Rw2VzbfUUNVyQw3VrdfUUOO4oobatktqqHNeUEN9+zk1NHScUUNT5yk1tHSdUIOj+5ganD1H5r4+s78x30JH76GhP9J/MlxEV9+BiX+m/2Syi57+fT1BfYl+Gn0DRSVxfYlyHQODe0rKA8p1DA3taijrSzQBcA3vaJgc0ARg1LUtZlJfIm7A+MiWmOEBcQPco5tihgfEDfCMbYgZHhA3wDteEDM8IG6Ab2JdzPCAuAF+d17M8IC4AYHJnJjhAXEDgp6smOEBcQNCUxkNk3pNAMLetIbJAU0AItMpJWW9ch1RX1JJeUC5jtjMmp64Xj+NuD9hQlBvsovE7Kqhf6YbLiIZiJv7I918C+m5FWrIBmPUkJ9fpoZCKEoNmwtL1LAdjlDD7uIiNRQjYWo4WFqghqNoiBpOluep4SwWpIaLlTlquIoHqOFmdZYa7hJ+anhYm6GGx6SPGp5S09TwnPZSw0tmihpesx5qeMtNUsN73k0NH+sT1L4BtHnCqhpJXwYAAAAASUVORK5CYII=

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

# A real ComfyUI may lack the model: then a workflow that needs none is shown. Ends the demo when that was it already.
without_model() { # REASON
    [[ $BODY != *image_transform* ]] || return 1
    warn "free_generation cannot run here: $1"
    info "Making a picture that needs no model instead: image_transform …"
    PROMPT="a sun over the sea, inverted"
    BODY="{\"mode\":\"image_transform\",\"target_image\":\"$PHOTO\",\"output_format\":\"png\"}"
}

# A backend that has just started may not know its workflows yet (503): it is asked again for a while.
submit() {
    local tries
    for ((tries = 0; tries < 30; tries++)); do
        if [[ $STATUS == 503 && $(complaint) == *"cannot run"* ]]; then without_model "$(complaint)" || break; fi
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
        done) return 0 ;;
        failed)
            [[ $(text_of "$ANSWER" error) == *refused* ]] && without_model "$(text_of "$ANSWER" error)" && return 1
            fail gpu_server.log "Task $TASK failed: $(text_of "$ANSWER" error)"
            ;;
        cancelled) fail gpu_server.log "Task $TASK ended as $state: $(text_of "$ANSWER" error)" ;;
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

  $BACKEND/docs
              every route and workflow, in a browser
  make stop   ends it
  README.md   the API, the settings, running on a pod
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
    STATUS=000
    until submit && follow; do :; done
    fetch
    tell
}

main

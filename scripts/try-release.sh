#!/usr/bin/env bash
# Tries an unpacked release with what a bare Debian has (no curl, no ps): starts it with the sandbox, makes pictures over
# the API, tells its start-up time and memory, stops it. scripts/check-dist.sh runs it in a root of its own.
# Usage: try-release.sh FOLDER
set -u

FOLDER=$(realpath -- "${1:?the folder of the unpacked release}")
WORKSPACE=$(mktemp -d)
export WORKSPACE NO_COLOR=1
PORT=${BACKEND_PORT:-8000}
ANSWER=$WORKSPACE/answer
# 64 x 64, as a phone takes it: read by a module that the release must carry and find.
HEIC=AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAa1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAACAAAAEGlkYXQAAAAAABAACAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHRAAEAAAAAAAAANAACAAEAAAAAAAAAAQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAAAADYaXBycAAAALZpcGNvAAAAdmh2Y0MBA3AAAAAAAAAAAAAe8AD8/fj4AAAPAyAAAQAYQAEMAf//A3AAAAMAkAAAAwAAAwAeugJAIQABACpCAQEDcAAAAwCQAAADAAADAB6gIIEFluqumubgQEDAgAAAAwCAAAADAIQiAAEABkQBwXPBiQAAABRpc3BlAAAAAAAAAEAAAABAAAAAFGlzcGUAAAAAAAAAEAAAAAgAAAAQcGl4aQAAAAADCAgIAAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QAAAAaaXJlZgAAAAAAAAAOZGltZwACAAEAAQAAADxtZGF0AAAAMCgBrwnIWZjQOSNXf/4Wn//aUmh+kYW1Z/E6/oDsZTrKQ59EsZPOO74MgIeDuF7LcA==

fail() {
    printf 'try-release: %s\n' "$*" >&2
    tail -n 20 -- "$WORKSPACE"/logs/*.log >&2
    "$FOLDER/startup.sh" stop >/dev/null 2>&1
    rm -rf -- "$WORKSPACE"
    exit 1
}

# One request; the answer's body goes to $ANSWER, its status to STATUS.
ask() { # METHOD PATH [JSON]
    local body=${3-}
    STATUS=000
    { exec 3<>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null || return
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nPrefer: wait=60\r\n' "$1" "$2" >&3
    printf 'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' "${#body}" "$body" >&3
    cat <&3 >"$ANSWER.whole"
    exec 3>&-
    read -r _ STATUS _ <"$ANSWER.whole"
    LC_ALL=C sed '1,/^\r*$/d' "$ANSWER.whole" >"$ANSWER"
}

milliseconds() { printf '%s' "$((${EPOCHREALTIME/[.,]/} / 1000))"; }

until_healthy() {
    local tries
    for ((tries = 0; tries < 600; tries++)); do
        ask GET /health
        [[ $STATUS == 200 ]] && grep -q '"status":"healthy"' "$ANSWER" && return
        sleep 0.05
    done
    fail "not healthy after half a minute: $(cat -- "$ANSWER")"
}

picture() { # WHAT JSON: made, fetched, and a PNG
    local path task
    ask POST /generate "$2"
    [[ $STATUS == 200 ]] || fail "$1: HTTP $STATUS: $(head -c 500 "$ANSWER")"
    task=$(sed -nE 's/.*"task_id":"([^"]+)".*/\1/p' "$ANSWER")
    ask GET "/tasks/$task?wait=60"
    path=$(tr -d '\n' <"$ANSWER" | sed -nE 's/.*"images":\["([^"]+)".*/\1/p')
    path=${path//\\/}
    [[ -n $path ]] || fail "$1: the task has no picture: $(head -c 500 "$ANSWER")"
    ask GET "$path"
    [[ $(head -c 8 "$ANSWER" | od -An -tx1 | tr -d ' \n') == 89504e470d0a1a0a ]] || fail "$1: $path is no PNG"
    printf '  %-34s %s bytes of PNG\n' "$1" "$(stat -c %s "$ANSWER")"
}

memory() { # NAME TITLE
    local pid resident private
    pid=$(<"$WORKSPACE/$1.pid")
    resident=$(sed -nE 's/^VmRSS:\s+([0-9]+) kB/\1/p' "/proc/$pid/status")
    private=$(sed -nE 's/^RssAnon:\s+([0-9]+) kB/\1/p' "/proc/$pid/status")
    printf '  %-34s %d.%d MB resident, %d.%d MB of it private (RssAnon)\n' "$2" \
        "$((resident / 1024))" "$((resident % 1024 * 10 / 1024))" "$((private / 1024))" "$((private % 1024 * 10 / 1024))"
}

main() {
    local began
    began=$(milliseconds)
    "$FOLDER/startup.sh" --sandbox >"$WORKSPACE.out" 2>&1 || fail "startup.sh: $(cat -- "$WORKSPACE.out")"
    grep -q WARNING "$WORKSPACE.out" && fail "startup.sh warns: $(cat -- "$WORKSPACE.out")"
    until_healthy
    printf '  %-34s %s ms\n' "startup.sh --sandbox to healthy" "$(($(milliseconds) - began))"
    # What was touched at start is all there is: no request but /health has come.
    sleep 2
    memory backend "backend, idle"
    memory gpu_server "GPU service, idle"
    picture "a picture from a text" '{"mode":"free","prompt":"a lighthouse at dusk","extra_params":{"width":512,"height":512},"output_format":"png"}'
    picture "a photo in HEIC through a graph" '{"mode":"image_transform","target_image":"'"$HEIC"'","output_format":"png"}'
    memory backend "backend, after two pictures"
    memory gpu_server "GPU service, after two pictures"
    "$FOLDER/startup.sh" keys create --name app >/dev/null 2>"$WORKSPACE.out" ||
        fail "startup.sh keys: $(cat -- "$WORKSPACE.out")"
    "$FOLDER/startup.sh" status >/dev/null || fail "startup.sh status says that something does not run"
    "$FOLDER/startup.sh" stop >/dev/null || fail "startup.sh stop failed"
    rm -rf -- "$WORKSPACE" "$WORKSPACE.out"
}

main

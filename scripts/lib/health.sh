# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read in another file of startup.sh
# Asking a service over HTTP whether it is there.

HTTP_STATUS=000
HTTP_BODY=

# GET with a limit in milliseconds. HTTP_STATUS is 000 when nothing answered in time.
http_get() { # URL LIMIT_MS
    local answer limit
    printf -v limit '%d.%03d' "$(($2 / 1000))" "$(($2 % 1000))"
    if command -v curl >/dev/null; then
        answer=$(curl -q -s -g --noproxy '*' --max-time "$limit" -w '\n%{http_code}' -- "$1" 2>/dev/null)
    else
        answer=$(bare_get "$1" "$limit")
    fi
    HTTP_STATUS=${answer##*$'\n'}
    HTTP_BODY=${answer%$'\n'*}
    [[ $HTTP_STATUS =~ ^[1-9][0-9][0-9]$ ]] || HTTP_STATUS=000
    [[ $HTTP_STATUS != 000 ]]
}

# A pod's image may have no curl, and booting installs nothing: bash can open a socket itself.
bare_get() { # URL LIMIT_SECONDS
    local rest host port path
    rest=${1#http://}
    path=/${rest#*/}
    [[ $rest == */* ]] || path=/
    host=${rest%%/*}
    port=80
    [[ $host =~ ^(.*):([0-9]+)$ ]] && host=${BASH_REMATCH[1]} port=${BASH_REMATCH[2]}
    # shellcheck disable=SC2016 # expanded by the inner shell, from its arguments
    timeout "$2" bash -c '
        exec 3<>"/dev/tcp/$1/$2" || exit
        printf -v request "GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n" "$3" "$4" "$2"
        printf %s "$request" | cat >&3
        IFS=" " read -r _ status _ <&3
        sed "1,/^\r*\$/d" <&3
        printf "\n%s" "$status"' bash "$(bare_host "$host")" "$port" "$path" "$host" 2>/dev/null
}

bare_host() {
    local host=${1#[}
    printf '%s' "${host%]}"
}

# The value of "status" in a health answer.
health_word() {
    sed -n 's/.*"status"[[:space:]]*:[[:space:]]*"\([a-z]*\)".*/\1/p' <<<"$HTTP_BODY" | head -n 1
}

# The sockets that listen on a port (all ports without one), as /proc/PID/fd names them: socket:[INODE].
listening_sockets() { # [PORT]
    local hex='[0-9A-F]{4}'
    [[ -z ${1-} ]] || printf -v hex '%04X' "$((10#$1))"
    sed -nE "s/^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:0000 0A( +[^ ]+){5} +([0-9]+) .*/socket:[\2]/p" \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# Does PID itself listen on PORT (on any, without one)? Otherwise a stranger's answer would pass for ours.
# Where the kernel does not show its sockets the question is left open, which is yes.
listens() { # PID [PORT]
    local sockets
    [[ ${2-} =~ ^[0-9]{0,5}$ && -r /proc/net/tcp ]] || return 0
    sockets=$(listening_sockets "${2-}")
    [[ -n $sockets ]] && readlink -- "/proc/$1/fd/"* 2>/dev/null | grep -qxF -e "$sockets"
}

# Waits until the process answers 200: 0 when it does, 1 as soon as it is dead, 2 when the time is over; then
# HTTP_STATUS tells what it answered last.
until_answers() { # PID PORT URL LIMIT_MS
    local deadline left
    deadline=$(($(now_ms) + $4))
    HTTP_STATUS=000 HTTP_BODY=
    while is_living "$1"; do
        left=$((deadline - $(now_ms)))
        ((left > 0)) || return 2
        if listens "$1" "$2" && http_get "$3" "$left" && [[ $HTTP_STATUS == 200 ]]; then
            is_living "$1"
            return
        fi
        sleep 0.05
    done
    return 1
}

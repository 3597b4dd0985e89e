# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read in another file of startup.sh
# What startup.sh says: one timestamped line each, on the terminal and in startup.log.

STARTUP_LOG=/dev/null
WARNINGS=0

# Colour is for people: only on a terminal, and not where NO_COLOR asks for none.
wants_colour() { # FD
    [[ -t $1 && -z ${NO_COLOR-} && ${TERM-} != dumb ]]
}

say() { # FD CODE LEVEL TEXT…
    local fd=$1 on='' off='' line
    wants_colour "$fd" && on=$'\e['$2m off=$'\e[0m'
    printf -v line '%(%Y-%m-%d %H:%M:%S)T %-7s %s' -1 "$3" "${*:4}"
    printf '%s\n' "$on$line$off" >&"$fd"
    printf '%s\n' "$line" 2>/dev/null >>"$STARTUP_LOG"
}

info() { say 1 32 INFO "$@"; }
warn() {
    WARNINGS=$((WARNINGS + 1))
    say 2 33 WARNING "$@"
}
error() { say 2 31 ERROR "$@"; }

die() {
    error "$@"
    exit 1
}

# Lines of somebody else's (a log, a summary): as they are, without a time, in both places.
quote() { # FD
    local line
    while IFS= read -r line || [[ -n $line ]]; do
        printf '    %s\n' "$line" >&"$1"
        printf '    %s\n' "$line" 2>/dev/null >>"$STARTUP_LOG"
    done
}

# A log that nobody empties fills the volume: past 20 MB it makes way, and one older file is kept.
keep_small() { # FILE
    local size
    size=$(stat -c %s -- "$1" 2>/dev/null) || return 0
    ((size < 20000000)) || mv -f -- "$1" "$1.1"
}

# Milliseconds since the machine started: a pod's clock may still be set while it boots.
now_ms() {
    local uptime
    read -r uptime _ </proc/uptime
    printf '%s' "$((10#${uptime/./} * 10))"
}

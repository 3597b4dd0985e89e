# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read in another file of startup.sh
# Processes and PID files. A number in a file proves nothing: the process behind it must be ours.

CHILD=
CHILD_ENV=()
LOG_FROM=0

pid_file() { printf '%s' "$WORKSPACE/$1.pid"; }
log_file() { printf '%s' "$WORKSPACE/logs/$1.log"; }

pid_in() { # FILE
    local pid=
    [[ -f $1 ]] && { read -r pid <"$1"; } 2>/dev/null
    [[ $pid =~ ^[1-9][0-9]{0,9}$ ]] && printf '%s' "$pid"
}

# There, and no zombie: a killed orphan stays one for a while, and `kill -0` calls it alive.
is_living() { # PID
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    stat=${stat##*) }
    [[ ${stat:0:1} != [ZX] ]]
}

# A variable of a running process, as it was when that started; empty without it.
variable_of() { # PID NAME
    local entry
    while IFS= read -r -d '' entry; do
        [[ $entry == "$2="* ]] && printf '%s' "${entry#*=}" && return
    done < <(cat -- "/proc/$1/environ" 2>/dev/null)
}

# Is it our binary, also one that a rebuild has replaced since, or that came from another of our folders?
runs_binary() { # PID BINARY_NAME
    local exe
    exe=$(readlink -- "/proc/$1/exe") || return 1
    exe=${exe% (deleted)}
    [[ $exe == "$(realpath -m -- "$BIN/$2")" || $exe == "$ROOT/bin/$2" || $exe == "$ROOT/.build/"*"/$2" ]]
}

# Is it another binary than the one that would be started now: from another folder, or replaced by a rebuild since?
is_outdated() { # NAME PID
    [[ $(readlink -- "/proc/$2/exe") != "$(realpath -m -- "$BIN/${BINARY_OF[$1]}")" ]]
}

# What startup.sh has started says for which PID file: it is ours when that is this one, also when it came from another
# release's folder, and another workspace's when not. The telegram bot may be any program; a service has its binary's
# name. One that was started by hand says nothing, and is known by its folder.
is_ours() { # NAME PID
    local theirs exe
    is_living "$2" || return 1
    theirs=$(variable_of "$2" EASEL_PID_FILE)
    if [[ -n $theirs ]]; then
        exe=$(readlink -- "/proc/$2/exe")
        exe=${exe% (deleted)}
        [[ $theirs -ef $(pid_file "$1") && ${exe##*/} == "${BINARY_OF[$1]-${exe##*/}}" ]]
    else
        [[ -n ${BINARY_OF[$1]-} ]] && runs_binary "$2" "${BINARY_OF[$1]}"
    fi
}

running_pid() { # NAME
    local pid
    pid=$(pid_in "$(pid_file "$1")") && is_ours "$1" "$pid" && printf '%s' "$pid"
}

forget_pid() { # NAME PID: removes the PID file when it (still) holds that number
    [[ $(pid_in "$(pid_file "$1")") != "$2" ]] || rm -f -- "$(pid_file "$1")"
}

# What the caller had open is not the service's: neither our lock nor the pipe of a script that waits for its end.
# The loop takes no redirection: bash would keep the real stderr in a descriptor that is closed here.
close_descriptors() {
    local fd
    for fd in "/proc/$BASHPID/fd/"*; do
        fd=${fd##*/}
        ((fd <= 2)) || eval "exec $fd>&-"
    done
}

# Starts a command in the background, in a session of its own, with CHILD_ENV. CHILD is its process; what it logs
# begins in its log file after LOG_FROM bytes.
launch() { # NAME COMMAND…
    local name=$1 log file
    shift
    log=$(log_file "$name") file=$(pid_file "$name")
    keep_small "$log"
    LOG_FROM=$(stat -c %s -- "$log" 2>/dev/null || printf 0)
    (
        close_descriptors
        cd -- "$ROOT" || exit 1
        export WORKSPACE "EASEL_PID_FILE=$file" "${CHILD_ENV[@]}"
        exec setsid nohup "$@"
    ) </dev/null >>"$log" 2>&1 &
    CHILD=$!
    keep_pid "$file"
    until_executed "$name"
}

keep_pid() { # FILE
    # Never half a number in the file, should somebody read it now.
    printf '%s\n' "$CHILD" >"$1.new" && mv -fT -- "$1.new" "$1" && return
    kill "$CHILD" 2>/dev/null
    die "Cannot write $1."
}

# Between fork and exec the process is still this shell; it takes milliseconds, two seconds are the bound.
until_executed() { # NAME
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        is_living "$CHILD" || return 0
        is_ours "$1" "$CHILD" && return
        sleep 0.02
    done
}

send() { # NAME PID SIGNAL: a bot may be a shell with children, so its whole group is told
    if [[ -z ${BINARY_OF[$1]-} ]]; then
        kill -s "$3" -- "-$2" 2>/dev/null || kill -s "$3" "$2" 2>/dev/null
    else
        kill -s "$3" "$2" 2>/dev/null
    fi
}

until_ended() { # NAME PID LIMIT_MS
    local deadline
    deadline=$(($(now_ms) + $3))
    while is_ours "$1" "$2"; do
        (($(now_ms) < deadline)) || return 1
        sleep 0.05
    done
}

# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read in another file of startup.sh
# Settings: the environment first, then a service's .env file, then the default.
# A .env file is data and is never run: KEY=VALUE lines, `#` comments, optional quotes, the last one of a key counts.

trimmed() {
    local text=$1
    text=${text#"${text%%[![:space:]]*}"}
    printf '%s' "${text%"${text##*[![:space:]]}"}"
}

# The value as it stands right of the `=`: what is between quotes is taken as it is, elsewhere ` #` begins a comment.
unquoted() {
    local text quote
    text=$(trimmed "$1")
    for quote in '"' "'"; do
        if [[ $text == "$quote"*"$quote"* ]]; then
            text=${text#"$quote"}
            printf '%s' "${text%%"$quote"*}"
            return
        fi
    done
    trimmed "${1%%[[:space:]]#*}"
}

# Prints what a .env file gives a key; fails when it gives none.
value_in() { # FILE KEY
    local line raw found=1
    [[ -f $1 && -r $1 ]] || return 1
    while IFS= read -r line || [[ -n $line ]]; do
        line=${line#$'\xef\xbb\xbf'}
        [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?$2[[:space:]]*= ]] || continue
        raw=${line#*=}
        found=0
    done <"$1"
    ((found == 0)) && unquoted "$raw"
}

# An empty value is as good as none, in both places.
setting() { # FILE KEY [DEFAULT]
    local value=${!2-}
    [[ -n $value ]] || value=$(value_in "$1" "$2")
    printf '%s' "${value:-${3-}}"
}

# Whole seconds, rounded up; what is no number is left to the service to refuse by name.
seconds() { # TEXT DEFAULT
    if [[ $1 =~ ^([0-9]{1,6})(\.[0-9]+)?$ ]]; then
        printf '%s' "$((10#${BASH_REMATCH[1]} + (${#BASH_REMATCH[2]} > 0)))"
    else
        printf '%s' "$2"
    fi
}

# URLs without the user and the password that they may carry.
shown_urls() { # URL[,URL…]
    printf '%s' "$1" | sed 's#//[^/,]*@#//***@#g'
}

# The address to ask for a service bound to HOST: "everywhere" is no address to connect to.
reachable() { # HOST
    local host=${1#[}
    host=${host%]}
    case $host in
    0.0.0.0 | '*') host=127.0.0.1 ;;
    ::) host=::1 ;;
    esac
    [[ $host == *:* ]] && host="[$host]"
    printf '%s' "$host"
}

# Sets WORKSPACE, and GIVEN_WORKSPACE to what the environment said.
choose_workspace() {
    GIVEN_WORKSPACE=${WORKSPACE-}
    if [[ -z $GIVEN_WORKSPACE ]]; then
        WORKSPACE=$ROOT/.workspace
        [[ ! -d /workspace ]] || WORKSPACE=/workspace
    fi
    WORKSPACE=$(realpath -m -- "$WORKSPACE")
}

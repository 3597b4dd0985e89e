# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what is read here, or set here, is of another file of bench.sh
# The table: rows of what was measured, the ratio, the bar and a verdict. Numbers are compared by awk; bash has no fractions.

ROWS_DONE=0
MISSED=0

# calculate EXPRESSION [FORMAT]
calculate() { awk "BEGIN { printf \"${2:-%.2f}\", $1 }"; }

holds() { awk "BEGIN { exit !($1) }"; }

# A generator that found nobody to talk to prints nothing, or zeros.
are_numbers() {
    local value
    for value in "$@"; do [[ $value =~ ^[0-9]+(\.[0-9]+)?$ && ! $value =~ ^[0.]+$ ]] || return; done
}

heading() {
    local line='%-47s %-23s %-25s %-19s %-8s %s\n'
    # shellcheck disable=SC2059 # the format is the line above
    printf "$line" 'What' 'Easel' 'Against' 'Ratio or difference' 'Bar' ''
}

# row WHAT EASEL AGAINST RATIO BAR [CONDITION]: the verdict is the condition's
row() {
    local verdict=
    if [[ -n ${6-} ]]; then
        if holds "$6"; then verdict='met'; else
            verdict='MISSED'
            MISSED=$((MISSED + 1))
        fi
    fi
    ROWS_DONE=$((ROWS_DONE + 1))
    printf '%-47s %-23s %-25s %-19s %-8s %s\n' "$1" "$2" "$3" "$4" "$5" "$verdict"
}

note() { printf 'bench: %s\n' "$*" >&2; }

# The rate with thousands, as people read it: 81234.5 -> 81,234
rate() { awk -v n="$1" 'BEGIN { n = sprintf("%d", n); while (match(n, /[0-9][0-9][0-9][0-9]($|,)/)) n = substr(n, 1, RSTART) "," substr(n, RSTART + 1); print n }'; }

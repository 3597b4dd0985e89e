# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what is read here, or set here, is of another file of bench.sh
# Does it get slower as it fills? Accepting with tasks queued, accepting and reading with rows in the database.

# p50 in milliseconds of requests one after the other, with four connections.
latency() { # LOAD_ARGUMENT…
    load -c 4 "${@:1:$#-1}" "${PORT_OF[backend]}" "${!#}" | awk '{ print $2 }'
}

accepting() { latency -n "$1" -m POST -b "$TEMP/accept.json" /generate; }

queue_rows() {
    local empty full
    fresh_data
    start_gpu && start_backend || return
    accepting 200 >/dev/null
    empty=$(accepting 800)
    load -c 32 -n $((QUEUED - 1000)) -m POST -b "$TEMP/accept.json" "${PORT_OF[backend]}" /generate >/dev/null
    full=$(accepting 1000)
    are_numbers "$empty" "$full" || return
    row "accept, $(rate "$QUEUED") tasks queued" "p50 $full ms" "empty queue: p50 $empty ms" \
        "$(calculate "$full / $empty")" '<= 1.5' "$full / $empty <= 1.5"
    halt_all
}

# Rows as ended tasks leave them, by whatever speaks SQLite here.
fill() { # ROWS
    local sql
    sql=$(sed "s/:rows/$1/g; s/:now/$(date +%s)000/g" "$ROOT/Benchmarks/load/fill.sql")
    if command -v sqlite3 >/dev/null; then
        sqlite3 "$TEMP/work/data/easel.db" <<<"$sql" >/dev/null
    else
        "$PYTHON" -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.stdin.read())' \
            "$TEMP/work/data/easel.db" <<<"$sql"
    fi
}

can_fill() { command -v sqlite3 >/dev/null || { [[ -n $PYTHON ]] && "$PYTHON" -c 'import sqlite3' 2>/dev/null; }; }

# Prints the p50 of accepting and of reading with so many rows.
filled() { # ROWS
    fresh_data
    # Once, for the tables.
    start_gpu && start_backend || return
    halt backend
    fill "$1" || return
    start_backend || return
    accepting 200 >/dev/null
    printf '%s %s\n' "$(accepting 1000)" "$(reading "$1")" >"$TEMP/filled"
    halt_all
}

# Ended tasks all over the table; with few rows, those few.
reading() { # ROWS
    latency -r "$1" -n 4000 '/tasks/00000000-0000-4000-8000-{{NUMBER12}}'
}

rows_rows() {
    local accept0 read0 accept1 read1
    can_fill || {
        note "the rows with $(rate "$ROWS") tasks are left out: there is neither sqlite3 nor python3."
        return
    }
    filled 10 || return
    read -r accept0 read0 <"$TEMP/filled"
    filled "$ROWS" || return
    read -r accept1 read1 <"$TEMP/filled"
    are_numbers "$accept0" "$read0" "$accept1" "$read1" || return
    row "accept, $(rate "$ROWS") tasks in the database" "p50 $accept1 ms" "10 tasks: p50 $accept0 ms" \
        "$(calculate "$accept1 / $accept0")" '<= 1.5' "$accept1 / $accept0 <= 1.5"
    row "read an ended task, $(rate "$ROWS") in the database" "p50 $read1 ms" "10 tasks: p50 $read0 ms" \
        "$(calculate "$read1 / $read0")" '<= 1.5' "$read1 / $read0 <= 1.5"
}

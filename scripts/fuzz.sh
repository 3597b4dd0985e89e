#!/usr/bin/env bash
# Feeds the parsers with inputs that libFuzzer makes up, under the address sanitizer: `scripts/fuzz.sh --help` says more.
set -u

ROOT=$(dirname -- "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")")
ALL=(http json multipart pictures websocket workflow)

usage() {
    cat <<TEXT
Usage: scripts/fuzz.sh [TARGET…]

Targets: ${ALL[*]}; all without one. What crashes lies in .build/fuzz/crashes afterwards, the corpora in .build/fuzz.

Variables:
  FUZZ_SECONDS  seconds for each target (60)
TEXT
}

# Inputs to begin with, so that the first minutes are not spent on finding a brace.
seed_corpus() { # TARGET FOLDER
    local file name
    case $1 in
    http) printf 'POST /a?b=%%20c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n' >"$2/seed" ;;
    multipart) printf -- '--b\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nx\r\n--b--\r\n' >"$2/seed" ;;
    websocket) printf '\x81\x02hi\x89\x00\x88\x02\x03\xe8' >"$2/seed" ;;
    pictures) find "$ROOT/Tests" -name '*.png' -size -20k -exec cp -- {} "$2/" \; ;;
    json) cp -- "$ROOT"/workflows/*.manifest.json "$2/" ;;
    workflow)
        for file in "$ROOT"/workflows/*.manifest.json; do
            name=$(basename -- "$file" .manifest.json)
            { cat -- "${file%.manifest.json}.json"; printf '\0'; cat -- "$file"; } >"$2/$name"
        done
        ;;
    esac
}

main() {
    local target targets=("$@") base=$ROOT/.build/fuzz failed=()
    case ${1-} in -h | --help) usage; return ;; esac
    ((${#targets[@]})) || targets=("${ALL[@]}")
    EASEL_FUZZ=1 swift build --package-path "$ROOT" --scratch-path "$base/build" --product Fuzz \
        --sanitize=address -Xswiftc -sanitize=fuzzer || return
    mkdir -p -- "$base/crashes"
    for target in "${targets[@]}"; do
        mkdir -p -- "$base/$target"
        seed_corpus "$target" "$base/$target"
        printf '\n== %s\n' "$target"
        # Swift's own backtrace reads memory that the sanitizer guards.
        SWIFT_BACKTRACE=enable=no FUZZ_TARGET=$target "$base/build/debug/Fuzz" "$base/$target" -max_total_time="${FUZZ_SECONDS:-60}" \
            -max_len=65536 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
            -artifact_prefix="$base/crashes/$target-" 2>&1 | tail -n 25 || true
        [[ ${PIPESTATUS[0]} == 0 ]] || failed+=("$target")
    done
    ((${#failed[@]} == 0)) || { printf '\nFound something in: %s\n' "${failed[*]}"; return 1; }
}

main "$@"

#!/usr/bin/env bash
# Runs the tests under Swift's sanitizers: `scripts/sanitize.sh --help` says more.
set -u

ROOT=$(dirname -- "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")")

usage() {
    cat <<'TEXT'
Usage: scripts/sanitize.sh [thread|address]…

Builds everything with a sanitizer, each in a folder of its own (.build-thread, .build-address), and runs every test
target with it; both sanitizers without a word. What one finds fails the run, and is printed.

Variables:
  TARGETS   test targets to run, with spaces between (all but EndToEndTests, whose programs are not what is tested here,
            and FacesTests under `thread`, whose dlib is not built with it)
TEXT
}

targets_for() { # SANITIZER
    local folder target
    for folder in "$ROOT"/Tests/*Tests; do
        target=${folder##*/}
        [[ $target == EndToEndTests ]] && continue
        [[ $1 == thread && $target == FacesTests ]] && continue
        printf '%s ' "$target"
    done
}

# Swift's own handler of crashes reads memory that the sanitizers guard. One test at a time: hundreds at once would be too
# slow, built like this, for the time that the services give each other.
run_target() { # SANITIZER TARGET LOG
    SWIFT_BACKTRACE=enable=no \
        TSAN_OPTIONS="suppressions=$ROOT/Tests/thread-suppressions.txt halt_on_error=0 exitcode=66" \
        ASAN_OPTIONS="detect_leaks=0 detect_stack_use_after_return=0 abort_on_error=0 exitcode=66" \
        "$ROOT/.build-$1/debug/easelPackageTests.xctest" --testing-library swift-testing --no-parallel \
        --filter "^$2\\." >"$3" 2>&1
}

sanitize() { # SANITIZER
    local target log failed=0 findings
    swift build --package-path "$ROOT" --scratch-path "$ROOT/.build-$1" --sanitize="$1" --build-tests || return
    for target in ${TARGETS:-$(targets_for "$1")}; do
        log=$(mktemp)
        run_target "$1" "$target" "$log"
        local status=$?
        findings=$(grep -cE '^(WARNING: ThreadSanitizer|==[0-9]+==ERROR: AddressSanitizer)' "$log")
        printf '%-10s %-20s exit %-3s findings %s  %s\n' "$1" "$target" "$status" "$findings" \
            "$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E 'Test run with' | tail -n 1)"
        if ((status != 0 || findings > 0)); then
            failed=1
            grep -E -A 25 '^(WARNING: ThreadSanitizer|==[0-9]+==ERROR)|✘' "$log" | head -n 80
        fi
        rm -f -- "$log"
    done
    return "$failed"
}

main() {
    local sanitizer failed=0
    case ${1-} in -h | --help) usage; return ;; esac
    (($#)) || set -- thread address
    for sanitizer in "$@"; do
        [[ $sanitizer == thread || $sanitizer == address ]] || { usage >&2; return 2; }
        sanitize "$sanitizer" || failed=1
    done
    return "$failed"
}

main "$@"

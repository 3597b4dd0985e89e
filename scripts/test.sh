#!/usr/bin/env bash
# Runs the tests that `swift build --build-tests` has built: each target in a process of its own, since a process has one
# event loop, one table of signals and one log. What failed is said again at the end, below the output of all the rest.
set -u
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1

# Hundreds of tests at once share one loop, and wait for each other longer than for anything else; eight take no longer in
# all, and each has its answers soon, also on a busy machine. (Swift Testing's own variable, in Swift 6.3.)
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8

log=$(mktemp) && trap 'rm -f -- "$log"' EXIT
noise='^(◇|warning: prohibited flag)|Test Suite|Executed 0 tests|^\[0/1\]'
failure='^✘|^↳|rror:|crash|^ +[0-9]+ .* at /'
failed=()
report=''
for folder in Tests/*Tests; do
    target=$(basename -- "$folder")
    printf '\n== %s\n' "$target"
    swift test --skip-build --filter "^$target\\." 2>&1 | grep --line-buffered -vE "$noise" | tee "$log"
    [[ ${PIPESTATUS[0]} == 0 ]] && continue
    failed+=("$target")
    report+=$(printf '\n== %s' "$target" && grep -E "$failure" "$log" | cut -c1-600 | head -n 40)
done
if ((${#failed[@]} > 0)); then
    printf '\nWhat failed:%s\n\nFailed: %s\n' "$report" "${failed[*]}"
    exit 1
fi
printf '\nAll test targets passed.\n'

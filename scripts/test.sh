#!/usr/bin/env bash
# Runs the tests that `swift build --build-tests` has built: each target in a process of its own, since a process has one
# event loop, one table of signals and one log.
set -u
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1

failed=()
for folder in Tests/*Tests; do
    target=$(basename -- "$folder")
    printf '\n== %s\n' "$target"
    swift test --skip-build --filter "^$target\\." 2>&1 | grep -vE '^(◇|warning: prohibited flag)|Test Suite|Executed 0 tests|^\[0/1\]'
    [[ ${PIPESTATUS[0]} == 0 ]] || failed+=("$target")
done
if ((${#failed[@]} > 0)); then
    printf '\nFailed: %s\n' "${failed[*]}"
    exit 1
fi
printf '\nAll test targets passed.\n'

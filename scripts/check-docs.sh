#!/usr/bin/env bash
# Is every setting and every metric told of in docs/operating.md? What is new must be in there.
set -euo pipefail
cd -- "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")/.."

settings() { sed -nE 's/^#?([A-Z][A-Z0-9_]+)=.*/\1/p' env.templates/*.env; }

# Each is named where it is made, on that line or the next: .counter("…"), .gauge(…), .histogram(…), or let name = "http_…".
metrics() {
    find Sources -name '*.swift' -exec cat {} + | tr '\n' ' ' |
        grep -oE '(\.(counter|gauge|histogram)\( *|let name = )"[a-z]+_?[a-z_]*"' | grep -oE '"[a-z_]+"' | tr -d '"' |
        grep -E '_|^tasks$'
}

missing=()
while read -r name; do
    grep -qF "\`$name\`" docs/operating.md || missing+=("$name")
done < <({ settings; metrics; } | sort -u)

if ((${#missing[@]} > 0)); then
    printf 'check-docs: docs/operating.md does not tell of: %s\n' "${missing[*]}" >&2
    exit 1
fi

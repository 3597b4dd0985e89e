#!/usr/bin/env bash
# Runs the official Python clients of fal, Replicate and Hugging Face against the emulated providers that the tests use,
# so that what the tests believe of a provider is what its own client understands.
# usage: check-provider-emulators.sh [folder for the Python packages]
set -eu
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

venv=${1:-.build/provider-clients}
if [[ ! -x $venv/bin/python ]]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" -q install fal-client replicate huggingface_hub pillow
fi
swift build --product ProviderEmulatorServer
log=$(mktemp)
"$(swift build --show-bin-path)/ProviderEmulatorServer" 0 0 0 >"$log" &
server=$!
trap 'kill "$server" 2>/dev/null; rm -f "$log"' EXIT
for _ in $(seq 100); do
    grep -q '^listening' "$log" && break
    kill -0 "$server" || { echo 'the emulators did not start' >&2; exit 1; }
    sleep 0.1
done
read -r _ _ fal replicate huggingface <"$log"
"$venv/bin/pip" list 2>/dev/null | grep -E '^(fal_client|replicate|huggingface_hub) '
"$venv/bin/python" Tests/ProviderEmulatorServer/clients.py "$fal" "$replicate" "$huggingface"

#!/usr/bin/env bash
# Holds the workflow folder against the nodes and models of ComfyUI: the one at COMFYUI_API_URL when it answers, else the
# node list in OBJECT_INFO (what its GET /object_info gave), else the list of core nodes that the tests use.
set -eu
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

url=${COMFYUI_API_URL:-http://localhost:8188}
url=${url%%,*}
program=${EASEL_BIN:-.build/release}/GPUService
[[ -n ${EASEL_BIN:-} ]] || swift build -c release --product GPUService

if curl -q -s -f --noproxy '*' --max-time 5 -o /dev/null "$url/system_stats"; then
    echo "The node list of $url:"
    source=(--comfyui "$url")
else
    list=${OBJECT_INFO:-Tests/Resources/core-nodes.json}
    echo "No ComfyUI answers at $url; the node list in $list:"
    source=(--object-info "$list")
fi
exec "$program" check-workflows "${source[@]}" "${WORKFLOWS_PATH:-workflows}"

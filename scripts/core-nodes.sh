#!/usr/bin/env bash
# Cuts ComfyUI's node list down to the core nodes that the shipped workflows and the tests use:
#   scripts/core-nodes.sh OBJECT_INFO > Tests/Resources/core-nodes.json
# OBJECT_INFO is what GET /object_info of a ComfyUI with no node packs gave.
set -eu
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
exec python3 - "$1" <<'PYTHON'
import glob
import json
import sys

# What workflows are usually made of, used by the tests or not.
usual = """
BasicGuider BasicScheduler CFGGuider CheckpointLoaderSimple CLIPLoader CLIPSetLastLayer CLIPTextEncode
CLIPTextEncodeFlux CLIPTextEncodeSDXL CLIPVisionEncode CLIPVisionLoader ConditioningCombine ConditioningZeroOut
ControlNetApplyAdvanced ControlNetLoader DualCLIPLoader EmptyImage EmptyLatentImage EmptySD3LatentImage FluxGuidance
GrowMask ImageBlend ImageCompositeMasked ImageInvert ImageScale ImageScaleBy ImageScaleToTotalPixels
ImageUpscaleWithModel InpaintModelConditioning InvertMask KSampler KSamplerAdvanced KSamplerSelect LatentUpscale
LatentUpscaleBy LoadImage LoadImageMask LoraLoader LoraLoaderModelOnly MaskToImage ImageToMask ModelSamplingFlux
PhotoMakerEncode PhotoMakerLoader PreviewAny PreviewImage PrimitiveInt PrimitiveString PrimitiveStringMultiline
RandomNoise ReferenceLatent SamplerCustom SamplerCustomAdvanced SaveAnimatedWEBP SaveAudio SaveImage SaveVideo
SetLatentNoiseMask SplitSigmas StringConcatenate UNETLoader UpscaleModelLoader VAEDecode VAEEncode VAEEncodeForInpaint
VAELoader
""".split()

with open(sys.argv[1]) as file:
    nodes = json.load(file)
used = set(usual)
for path in glob.glob("workflows/*.json"):
    with open(path) as file:
        for node in json.load(file).values():
            if isinstance(node, dict) and "class_type" in node:
                used.add(node["class_type"])

kept = {}
for name in sorted(used & nodes.keys()):
    node = nodes[name]
    sections = {key: value for key, value in node["input"].items() if key != "hidden"}
    kept[name] = {"input": sections, "output": node["output"], "output_node": node["output_node"]}
    if "python_module" in node:
        kept[name]["python_module"] = node["python_module"]
print("{" + ",\n".join(f"{json.dumps(name)}: {json.dumps(node, separators=(',', ':'))}" for name, node in kept.items()) + "}")
PYTHON

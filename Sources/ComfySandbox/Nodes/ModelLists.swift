/// Which model files the sandbox says it has.
enum ModelLists {
    /// The model folders in the order of `GET /models`.
    static let folders = [
        "checkpoints", "configs", "loras", "vae", "text_encoders", "diffusion_models", "clip_vision", "style_models",
        "embeddings", "diffusers", "vae_approx", "controlnet", "gligen", "upscale_models", "custom_nodes",
        "hypernetworks", "photomaker", "classifiers", "model_patches", "audio_encoders",
    ]

    /// Names that are there without a workflow. `corrupt.safetensors` fails when it is loaded, as a damaged file does.
    static let usual: [String: [String]] = [
        "checkpoints": [
            "corrupt.safetensors", "flux1-schnell-fp8.safetensors", "random_sd15.safetensors",
            "sd_xl_base_1.0.safetensors", "v1-5-pruned-emaonly-fp16.safetensors",
        ],
        "loras": ["random_lora.safetensors"],
        "vae": ["ae.safetensors", "pixel_space"],
        "text_encoders": ["clip_l.safetensors", "t5xxl_fp8_e4m3fn.safetensors"],
        "diffusion_models": ["flux1-dev-fp8.safetensors", "flux1-schnell.safetensors"],
        "upscale_models": ["RealESRGAN_x4plus.pth"],
        "controlnet": ["control_v11p_sd15_canny.safetensors"],
    ]

    /// The folder that an input of this name chooses from, as ComfyUI's loaders and the usual node packs name theirs.
    static func folder(ofInput name: String) -> String? {
        let beginnings = [
            ("ckpt", "checkpoints"), ("checkpoint", "checkpoints"), ("lora", "loras"), ("vae", "vae"),
            ("clip_vision", "clip_vision"), ("clip", "text_encoders"), ("text_encoder", "text_encoders"),
            ("unet", "diffusion_models"), ("diffusion_model", "diffusion_models"), ("control_net", "controlnet"),
            ("controlnet", "controlnet"), ("style_model", "style_models"), ("upscale_model", "upscale_models"),
        ]
        return beginnings.first { name.hasPrefix($0.0) }?.1
    }

    /// The folder that a loader of this class reads, where the input's name alone does not tell.
    static func folder(ofClass name: String, input: String) -> String? {
        switch name {
        case "UpscaleModelLoader": "upscale_models"
        case "CLIPVisionLoader": "clip_vision"
        default: folder(ofInput: input)
        }
    }

    /// Whether a text looks like the name of a model file.
    static func isModelFile(_ text: String) -> Bool {
        [".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx"].contains { text.hasSuffix($0) }
    }

    /// The usual names and `found`, sorted; every folder is there.
    static func all(with found: [String: Set<String>]) -> [String: [String]] {
        var lists = Dictionary(uniqueKeysWithValues: folders.map { ($0, usual[$0] ?? []) })
        for (folder, names) in found { lists[folder] = (lists[folder] ?? []) + names }
        return lists.mapValues { Set($0).sorted() }
    }
}

/// Which folder under ComfyUI's `models` an input chooses from, by the names that its loaders and the usual packs use.
enum ModelFolders {
    private static let ofInputs = [
        ("ckpt", "checkpoints"), ("checkpoint", "checkpoints"), ("lora", "loras"), ("vae", "vae"),
        ("clip_vision", "clip_vision"), ("clip", "text_encoders"), ("text_encoder", "text_encoders"),
        ("unet", "diffusion_models"), ("diffusion_model", "diffusion_models"), ("control_net", "controlnet"),
        ("controlnet", "controlnet"), ("style_model", "style_models"), ("upscale_model", "upscale_models"),
        ("photomaker", "photomaker"), ("gligen", "gligen"), ("hypernetwork", "hypernetworks"),
        ("audio_encoder", "audio_encoders"), ("pulid", "pulid"), ("ipadapter", "ipadapter"),
    ]

    private static let ofClasses = [
        "UpscaleModelLoader": "upscale_models", "CLIPVisionLoader": "clip_vision", "ModelPatchLoader": "model_patches",
    ]

    /// Nil where the name does not tell.
    static func folder(ofInput name: String, of classType: String) -> String? {
        ofClasses[classType] ?? ofInputs.first { name.hasPrefix($0.0) }?.1
    }

    private static let endings = [
        ".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx", ".pkl", ".model", ".engine",
    ]

    /// Whether a text looks like the name of a model file.
    static func isModelFile(_ text: String) -> Bool {
        let text = text.lowercased()
        return endings.contains { text.hasSuffix($0) }
    }
}

/// Graphs in the forms that exports come in.
enum DiscoveryGraphs {
    /// What most exports are.
    static let plain = """
        {
          "3": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 20, "cfg": 7.5, "sampler_name": "euler",
            "scheduler": "normal", "denoise": 1, "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0],
            "latent_image": ["5", 0]}},
          "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "random_sd15.safetensors"}},
          "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 768, "batch_size": 1}},
          "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox", "clip": ["4", 1]}},
          "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
          "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
          "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["8", 0]}}
        }
        """

    /// FLUX by its parts: each setting in a node of its own.
    static let custom = """
        {
          "5": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 512, "batch_size": 2}},
          "6": {"class_type": "CLIPTextEncodeFlux", "inputs": {"clip": ["11", 0], "clip_l": "a fox", "t5xxl": "a fox",
            "guidance": 3.5}},
          "8": {"class_type": "VAEDecode", "inputs": {"samples": ["13", 0], "vae": ["10", 0]}},
          "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["8", 0]}},
          "10": {"class_type": "VAELoader", "inputs": {"vae_name": "pixel_space"}},
          "11": {"class_type": "DualCLIPLoader", "inputs": {"clip_name1": "a.safetensors", "clip_name2": "b.safetensors",
            "type": "flux"}},
          "12": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1.safetensors", "weight_dtype": "default"}},
          "13": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["25", 0], "guider": ["22", 0],
            "sampler": ["16", 0], "sigmas": ["18", 1], "latent_image": ["5", 0]}},
          "16": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
          "17": {"class_type": "BasicScheduler", "inputs": {"scheduler": "simple", "steps": 4, "denoise": 1,
            "model": ["30", 0]}},
          "18": {"class_type": "SplitSigmas", "inputs": {"sigmas": ["17", 0], "step": 0}},
          "22": {"class_type": "BasicGuider", "inputs": {"model": ["30", 0], "conditioning": ["26", 0]}},
          "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 7, "control_after_generate": "randomize"}},
          "26": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}},
          "30": {"class_type": "ModelSamplingFlux", "inputs": {"max_shift": 1.15, "base_shift": 0.5, "width": 1024,
            "height": 512, "model": ["12", 0]}}
        }
        """

    /// A second pass over the enlarged first; its prompts are the first's, word for word.
    static let hiresFix = """
        {
          "1": {"class_type": "KSampler", "inputs": {"seed": 8, "steps": 14, "cfg": 6, "sampler_name": "dpmpp_2m",
            "scheduler": "karras", "denoise": 0.5, "model": ["16", 0], "positive": ["6", 0], "negative": ["7", 0],
            "latent_image": ["10", 0]}},
          "3": {"class_type": "KSampler", "inputs": {"seed": 8, "steps": 12, "cfg": 8, "sampler_name": "dpmpp_sde",
            "scheduler": "normal", "denoise": 1, "model": ["16", 0], "positive": ["6", 0], "negative": ["7", 0],
            "latent_image": ["5", 0]}},
          "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 768, "height": 768, "batch_size": 1}},
          "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a tower", "clip": ["16", 1]}},
          "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["16", 1]}},
          "10": {"class_type": "LatentUpscale", "inputs": {"upscale_method": "bislerp", "width": 1152, "height": 1152,
            "crop": "disabled", "samples": ["3", 0]}},
          "13": {"class_type": "VAEDecode", "inputs": {"samples": ["1", 0], "vae": ["16", 2]}},
          "12": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["13", 0]}},
          "16": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "random_sd15.safetensors"}}
        }
        """

    /// Around `positive` and `negative`, two links, a sampler with everything that it needs.
    static func around(positive: String, negative: String, _ nodes: String) -> String {
        """
        {
          "100": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20, "cfg": 7, "sampler_name": "euler",
            "scheduler": "normal", "denoise": 1, "model": ["101", 0], "positive": \(positive), "negative": \(negative),
            "latent_image": ["102", 0]}},
          "101": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "random_sd15.safetensors"}},
          "102": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512, "batch_size": 1}},
          "103": {"class_type": "VAEDecode", "inputs": {"samples": ["100", 0], "vae": ["101", 2]}},
          "104": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["103", 0]}},
          \(nodes)
        }
        """
    }

    static func encoder(_ id: Int, _ text: String) -> String {
        #""\#(id)": {"class_type": "CLIPTextEncode", "inputs": {"text": \#(text), "clip": ["101", 1]}}"#
    }
}

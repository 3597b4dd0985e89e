import JSONText

/// Graphs that several tests use.
enum Graphs {
    static func node(_ name: String, _ inputs: JSONObject) -> JSON {
        ["class_type": .string(name), "inputs": .object(inputs)]
    }

    /// One plain picture, saved.
    static func empty(colour: Int = 0x102030, width: Int = 32, height: Int = 16, prefix: String = "e") -> JSON {
        [
            "1": node(
                "EmptyImage",
                ["width": JSON(width), "height": JSON(height), "batch_size": 1, "color": JSON(colour)]),
            "2": node("SaveImage", ["images": ["1", 0], "filename_prefix": .string(prefix)]),
        ]
    }

    /// Text to image from a checkpoint.
    static func sampled(
        prompt: String = "a red fox", seed: UInt64 = 7, steps: Int = 3, width: Int = 128, height: Int = 64,
        batch: Int = 1, prefix: String = "s"
    ) -> JSON {
        [
            "4": node("CheckpointLoaderSimple", ["ckpt_name": "random_sd15.safetensors"]),
            "5": node(
                "EmptyLatentImage",
                ["width": JSON(width), "height": JSON(height), "batch_size": JSON(batch)]),
            "6": node("CLIPTextEncode", ["text": .string(prompt), "clip": ["4", 1]]),
            "7": node("CLIPTextEncode", ["text": "blurry", "clip": ["4", 1]]),
            "3": node(
                "KSampler",
                [
                    "seed": JSON(seed), "steps": JSON(steps), "cfg": 7, "sampler_name": "euler",
                    "scheduler": "normal", "denoise": 1, "model": ["4", 0], "positive": ["6", 0],
                    "negative": ["7", 0], "latent_image": ["5", 0],
                ]),
            "8": node("VAEDecode", ["samples": ["3", 0], "vae": ["4", 2]]),
            "9": node("SaveImage", ["filename_prefix": .string(prefix), "images": ["8", 0]]),
        ]
    }
}

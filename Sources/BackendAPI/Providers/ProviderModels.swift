import JSONText

/// Every model that is asked, provider by provider: names, versions, parameters, prices in dollars.
///
/// fal: types of its JavaScript client. Replicate: the models' pages and `predict.py`; where a version is the newest
/// one known to us and a later one exists, `REPLICATE_VERSIONS` names it. Prices are estimates but for those of portraits
/// (contract 2), and rounded up; `PROVIDER_PRICES` sets others.
enum ProviderModels {
    typealias Parameter = ProviderModel.Parameter

    static let table: [ProviderModel] = fal + replicate + huggingFace

    // MARK: fal

    private static let size = [
        Parameter("width", "image_size.width"), Parameter("height", "image_size.height"),
    ]
    private static let sampling = [
        Parameter("prompt"), Parameter("steps", "num_inference_steps", in: 1...50),
        Parameter("guidance_scale", in: 0...20),
        Parameter("seed"),
    ]
    /// fal's checker stays on: nothing of ours switches it off.
    private static let checked: JSONObject = ["enable_safety_checker": true]

    private static func portrait(_ mode: ProviderJob.Mode, steps: JSON, price: Double) -> ProviderModel {
        ProviderModel(
            provider: .fal, kind: .identityPortrait(mode), way: .queue, model: "fal-ai/flux-pulid",
            parameters: sampling + size + [
                Parameter("negative_prompt"), Parameter("fidelity_weight", "id_weight", in: 0...1),
            ],
            picture: "reference_image_url", fixed: checked.merging(["num_inference_steps": steps]), price: price)
    }

    private static let fal: [ProviderModel] = [
        portrait(.speed, steps: 4, price: 0.025),
        portrait(.quality, steps: 30, price: 0.055),
        ProviderModel(
            provider: .fal, kind: .textToImage, way: .queue, model: "fal-ai/flux/schnell",
            parameters: [Parameter("prompt"), Parameter("steps", "num_inference_steps", in: 1...12), Parameter("seed")]
                + size,
            fixed: checked.merging(["num_inference_steps": 4, "num_images": 1, "output_format": "png"]), price: 0.003),
        ProviderModel(
            provider: .fal, kind: .fluxLora, way: .queue, model: "fal-ai/flux-lora",
            parameters: sampling + size + [Parameter("loras")],
            fixed: checked.merging(["num_images": 1, "output_format": "png"]), price: 0.035),
    ]

    // MARK: Replicate

    private static let styles =
        (1...5).flatMap { ["cartoon\($0)", "cartoon\($0)-d"] } + [
            "caricature1", "caricature2", "arcane1", "arcane1-d", "arcane2", "arcane2-d", "comic1", "comic1-d",
            "comic2",
            "comic2-d", "pixar", "pixar-d", "illustration1-d", "illustration2-d", "illustration3-d", "illustration4-d",
            "illustration5-d",
        ]

    private static func pulid(_ mode: ProviderJob.Mode, steps: JSON) -> ProviderModel {
        ProviderModel(
            provider: .replicate, kind: .identityPortrait(mode), way: .prediction, model: "bytedance/flux-pulid",
            version: "8baa7ef2255075b46f4d91cd238c21d31181b3e6a864463f967960bb0112525b",
            parameters: [
                Parameter("prompt"), Parameter("negative_prompt"), Parameter("width", in: 256...1536),
                Parameter("height", in: 256...1536), Parameter("steps", "num_steps", in: 1...20),
                Parameter("guidance_scale", in: 1...10), Parameter("fidelity_weight", "id_weight", in: 0...3),
                Parameter("seed"),
            ],
            picture: "main_face_image", fixed: ["num_steps": steps, "num_outputs": 1], price: 0.03)
    }

    private static let replicate: [ProviderModel] = [
        ProviderModel(
            provider: .replicate, kind: .fixOldPhoto, way: .prediction, model: "tencentarc/gfpgan",
            version: "0fbacf7afc6c144e5be9767cff80f25aff23e52b0708f17e20f9879b2f21516c",
            parameters: [
                Parameter("version", of: ["v1.2", "v1.3", "v1.4", "RestoreFormer"]), Parameter("scale", in: 1...4),
            ],
            picture: "img", price: 0.005),
        ProviderModel(
            provider: .replicate, kind: .hdImage, way: .prediction, model: "nightmareai/real-esrgan",
            version: "f121d640bd286e1fdc67f9799164c1d5be36ff74576ee11c803ae5b665dd46aa",
            parameters: [Parameter("scale", in: 1...10)], picture: "image", fixed: ["face_enhance": false],
            price: 0.003),
        ProviderModel(
            provider: .replicate, kind: .cartoonify, way: .prediction, model: "412392713/vtoonify",
            version: "54daf6387dc7c4d41ed5238e28e06277a6ee9027af5cd16486b7e0c261ba2522",
            parameters: [Parameter("style", "style_type", of: styles), Parameter("style_degree", in: 0...1)],
            picture: "image", fixed: ["padding": 200], price: 0.03),
        ProviderModel(
            provider: .replicate, kind: .textToImage, way: .officialPrediction, model: "black-forest-labs/flux-schnell",
            parameters: [
                Parameter("prompt"), Parameter("seed"), Parameter("steps", "num_inference_steps", in: 1...4),
            ],
            fixed: ["num_outputs": 1, "output_format": "png"], price: 0.003),
        pulid(.speed, steps: 4), pulid(.quality, steps: 20),
    ]

    // MARK: Hugging Face

    private static let huggingFace: [ProviderModel] = [
        ProviderModel(
            provider: .huggingface, kind: .textToImage, way: .inference, model: "black-forest-labs/FLUX.1-schnell",
            parameters: [
                Parameter("prompt"), Parameter("negative_prompt"), Parameter("width"), Parameter("height"),
                Parameter("steps", "num_inference_steps"), Parameter("guidance_scale"), Parameter("seed"),
            ],
            price: 0.003),
        ProviderModel(
            provider: .huggingface, kind: .textGeneration, way: .chat, model: "mistralai/Mistral-7B-Instruct-v0.3",
            parameters: [Parameter("prompt"), Parameter("max_new_tokens", "max_tokens"), Parameter("temperature")],
            price: 0.001),
        ProviderModel(
            provider: .huggingface, kind: .hdImage, way: .space, model: "akhaliq/Real-ESRGAN", parameters: [],
            price: 0, api: "predict", inputs: ["$image", "base"]),
        ProviderModel(
            provider: .huggingface, kind: .cartoonify, way: .space, model: "PKUWilliamYang/VToonify", parameters: [],
            price: 0, api: "predict", inputs: ["$image"]),
    ]
}

import JSONText

/// Who can do the work of a request. The raw value is what `source` and the settings call it.
enum ProviderName: String, Sendable, Hashable, CaseIterable {
    /// Our own GPU service, through the task queue.
    case comfyui
    case fal, replicate, huggingface
}

/// What a route wants done, in Easel's own words: no provider's names are in it.
struct ProviderJob: Sendable, Equatable {
    /// Names the work over all tries, in the log and towards providers that can take such a name.
    var id: String
    var kind: Kind
    /// By Easel's names: `prompt`, `negative_prompt`, `width`, `height`, `steps`, `guidance_scale`, `seed`,
    /// `fidelity_weight`, `scale`, `version`, `style`, `style_degree`, `model`, `max_new_tokens`, `temperature`, `loras`.
    var parameters: JSONObject = [:]
    var pictures: [Picture] = []

    /// A picture as it is sent out: checked before, and with a type that was read from its bytes.
    struct Picture: Sendable, Equatable {
        var bytes: [UInt8]
        /// "image/png".
        var mime: String

        /// "picture.png", for forms that want a name.
        var filename: String {
            let end = mime.split(separator: "/").last.map(String.init) ?? "bin"
            return "picture." + (end == "jpeg" ? "jpg" : end)
        }
    }

    enum Kind: Sendable, Hashable {
        case fixOldPhoto, hdImage, cartoonify, textToImage, textGeneration
        case identityPortrait(Mode)
        case fluxLora, photoMaker
    }

    enum Mode: String, Sendable, Hashable, CaseIterable { case speed, quality }
}

extension ProviderJob.Kind: CaseIterable {
    static let allCases: [ProviderJob.Kind] = [
        .fixOldPhoto, .hdImage, .cartoonify, .textToImage, .textGeneration, .identityPortrait(.speed),
        .identityPortrait(.quality), .fluxLora, .photoMaker,
    ]

    /// As settings and tickets say it: "identity_speed".
    var name: String {
        switch self {
        case .fixOldPhoto: "fix_old_photo"
        case .hdImage: "hd_image"
        case .cartoonify: "cartoonify"
        case .textToImage: "text_to_image"
        case .textGeneration: "text_generation"
        case .identityPortrait(let mode): "identity_\(mode.rawValue)"
        case .fluxLora: "flux_lora"
        case .photoMaker: "photo_maker"
        }
    }

    /// - Returns: nil for what no kind is called.
    init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}

import Images
import JSONText

/// What travels along a link.
enum NodeValue: Sendable {
    /// IMAGE and MASK: a batch of one or more.
    case pictures([Picture])
    /// Everything that the sandbox has no real form of: models, conditioning, latents, …
    case token(Lineage)
    case text(String)
    case integer(Int)
}

/// What a stand-in remembers of all that went into it.
struct Lineage: Sendable {
    /// The prompt's text, the negative one left aside.
    var prompt: String?
    var seed: UInt64?
    var steps: Int?
    var width: Int?
    var height: Int?
    var batch: Int?
    /// The pictures behind a latent that was encoded from some.
    var base: [Picture] = []
    /// Whether a sampler stood in the way: only then is a new picture made.
    var isSampled = false
    /// All that went into the sampler, as one text; before one, all that went into the node.
    var origin = ""

    /// Adds what `other` knows and this one does not.
    mutating func fill(from other: Lineage, includingPrompt: Bool) {
        if includingPrompt { prompt = prompt ?? other.prompt }
        seed = seed ?? other.seed
        steps = steps ?? other.steps
        if width == nil || height == nil { (width, height) = (other.width, other.height) }
        batch = batch ?? other.batch
        if base.isEmpty { base = other.base }
        if other.isSampled, !isSampled { (isSampled, origin) = (true, other.origin) }
    }

    /// The pictures that a decoder makes of it.
    func pictures() throws -> [Picture] {
        if !isSampled, !base.isEmpty { return base }
        let (width, height) = (width ?? base.first?.raster.width ?? 512, height ?? base.first?.raster.height ?? 512)
        return try (0..<max(1, min(batch ?? max(1, base.count), 64))).map { place in
            let made = try SamplingPicture(origin: "\(origin) \(place)", width: width, height: height).raster()
            return Picture(raster: try onBase(made, place), caption: Caption(prompt: prompt ?? "", seed: seed))
        }
    }

    /// A picture that was made from another shows half of it.
    private func onBase(_ made: Raster, _ place: Int) throws -> Raster {
        guard !base.isEmpty else { return made }
        let below = try base[place % base.count].raster.converted(toChannels: 3)
            .scaled(toWidth: made.width, height: made.height, method: .bilinear)
        return try below.blended(with: made, factor: 0.5, mode: .normal)
    }
}

/// A node that is about to run, its links resolved.
struct NodeCall: Sendable {
    enum Input: Sendable {
        case literal(JSON)
        case value(NodeValue)
    }

    let id: String
    let definition: NodeDefinition
    let inputs: [(name: String, input: Input)]
    /// All that went into it, as ``NodeSignatures`` has it.
    let signature: String

    var name: String { definition.name }

    func literal(_ name: String) -> JSON? {
        if case .literal(let value)? = inputs.first(where: { $0.name == name })?.input { value } else { nil }
    }

    func value(_ name: String) -> NodeValue? {
        if case .value(let value)? = inputs.first(where: { $0.name == name })?.input { value } else { nil }
    }

    /// The text of an input, literal or linked.
    func text(_ name: String) -> String? {
        if case .text(let text)? = value(name) { text } else { literal(name)?.string }
    }

    /// The whole number of an input, literal or linked.
    func int(_ name: String) -> Int? {
        if case .integer(let number)? = value(name) { number } else { literal(name)?.int }
    }

    func number(_ name: String) -> Double? { literal(name)?.double }

    /// The pictures behind an input.
    func pictures(_ name: String) throws -> [Picture] {
        switch value(name) {
        case .pictures(let pictures): return pictures
        case .token(let lineage): return try lineage.pictures()
        case .text, .integer, nil: throw NodeFailure("TypeError", "\(self.name).\(name) is no picture")
        }
    }

    /// The first input that brings pictures.
    var anyPictures: [Picture]? {
        for (_, input) in inputs {
            if case .value(.pictures(let pictures)) = input { return pictures }
        }
        return nil
    }
}

/// What a node has made.
struct NodeResult: Sendable {
    var outputs: [NodeValue] = []
    /// What goes into the history's `outputs`; nil when the node shows nothing.
    var ui: JSONObject?
    /// PNG files that go out over the socket instead of into a folder.
    var frames: [[UInt8]] = []
}

/// A node that failed while it ran, in the words that ComfyUI would find for it.
struct NodeFailure: Error, Equatable {
    let type: String
    let message: String

    init(_ type: String, _ message: String) {
        self.type = type
        self.message = message
    }

    /// What PyTorch says when the card is full; ComfyUI adds the hint to it.
    static let outOfMemory = NodeFailure(
        "torch.OutOfMemoryError",
        "Allocation on device 0 would exceed allowed memory. (out of memory)\n"
            + "Currently allocated     : 22.53 GiB\nRequested               : 1.13 GiB\n"
            + "Device limit            : 23.69 GiB\nFree (according to CUDA): 14.81 MiB\n"
            + "This error means you ran out of memory on your GPU.")
}

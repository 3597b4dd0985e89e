internal import JSONText

/// Follows a sampler's positive and negative inputs back, through whatever changes the conditioning on the way, to the
/// texts that they are made of.
struct PromptSearch {
    let map: GraphMap
    private let side: PromptSide
    private var seen: Set<String> = []
    /// The texts by the encoder that takes them, the main one first; an encoder with several text inputs has several
    /// targets.
    private(set) var texts: [[Manifest.Target]] = []

    init(_ map: GraphMap, of sampler: String, _ side: PromptSide) {
        self.map = map
        self.side = side
        follow(Step(node: sampler, slot: nil))
    }

    /// A node on the way, and which of its outputs was taken: nil where one thing carries both sides.
    private struct Step {
        var node: String
        var slot: Int?
    }

    /// Inputs that carry the conditioning of both sides as one thing.
    private static let joined: Set<String> = [
        "guider", "pipe", "basic_pipe", "detailer_pipe", "context", "base_ctx", "text_embeds", "embeds",
    ]
    /// Inputs that never lead to a text.
    private static let others: Set<String> = [
        "model", "clip", "vae", "image", "images", "mask", "latent", "latent_image", "samples", "pixels", "control_net",
        "style_model", "clip_vision", "clip_vision_output", "noise", "sigmas", "sampler", "upscale_model",
    ]

    private mutating func follow(_ step: Step) {
        // What is made of zeros has a text no more.
        guard map.classType(of: step.node) != "ConditioningZeroOut", seen.insert(step.node).inserted else { return }
        for next in steps(behind: step) { follow(next) }
        takeTexts(of: step.node)
    }

    /// Where this side's conditioning comes from.
    private func steps(behind step: Step) -> [Step] {
        let links = map.links(of: step.node)
        let joined = links.filter { Self.joined.contains($0.name) }.map { Step(node: $0.link.node, slot: nil) }
        let sides = links.filter { isConditioning($0.name, of: step.node) }
        let (negative, positive) = (
            sides.filter { Self.isNegative($0.name) }, sides.filter { !Self.isNegative($0.name) }
        )
        let takesNegative = self.side(of: step) == .negative
        let isEnd = step.slot == nil || !negative.isEmpty
        let taken = takesNegative && isEnd ? negative : isEnd ? positive : sides
        // Where a sampler has one input for both, what is behind it may have a text for each.
        let both =
            step.slot == nil && takesNegative && negative.isEmpty ? positive.filter { Self.isUnsided($0.name) } : []
        let found =
            taken.map { Step(node: $0.link.node, slot: $0.link.slot) }
            + both.map { Step(node: $0.link.node, slot: nil) } + joined
        if !found.isEmpty || !sides.isEmpty || !map.textInputs(of: step.node, for: side).isEmpty { return found }
        // A reroute, or a switch between several.
        return links.filter { !Self.others.contains($0.name) }
            .map { Step(node: $0.link.node, slot: step.slot == nil ? nil : $0.link.slot) }
    }

    /// Which side an output of a node that takes both belongs to. Where a list tells the outputs, the positive one comes
    /// first among those that are conditioning; else there is no reason to doubt who asks.
    private func side(of step: Step) -> PromptSide {
        guard let slot = step.slot, let outputs = map.nodes?[map.classType(of: step.node)]?.outputs else { return side }
        let places = outputs.indices.filter { outputs[$0] == "CONDITIONING" }
        guard places.count == 2, let place = places.firstIndex(of: slot) else { return side }
        return place == 0 ? .positive : .negative
    }

    private func isConditioning(_ name: String, of node: String) -> Bool {
        switch map.known(name, of: node)?.kind {
        case .link("CONDITIONING"): return true
        case .link("*"), .other, nil: break
        default: return false
        }
        return (name.contains("cond") || name.hasPrefix("positive") || name.hasPrefix("neg"))
            && !map.textInputs(of: node, for: side).contains(name)
    }

    private static func isUnsided(_ name: String) -> Bool {
        !name.hasPrefix("positive") && !name.hasPrefix("conditioning")
    }

    private static func isNegative(_ name: String) -> Bool {
        name.hasPrefix("neg") || name.hasPrefix("uncond")
    }

    private mutating func takeTexts(of node: String) {
        let search = TextSearch(map: map, side: side)
        let groups = map.textInputs(of: node, for: side).map { search.targets($0, of: node) }
        // The inputs of one encoder take one text; the parts that a text is joined of are texts of their own.
        let isPlain = groups.allSatisfy { $0.count <= 1 }
        let found = isPlain ? [groups.flatMap(\.self)] : groups.flatMap { $0.map { [$0] } }
        for targets in found {
            var once: [Manifest.Target] = []
            for target in targets where !once.contains(target) { once.append(target) }
            if !once.isEmpty, !texts.contains(once) { texts.append(once) }
        }
    }
}

import Images
import JSONText

/// Nodes that the sandbox cannot really run: it hands on what they know.
enum StandIns {
    /// Whether the node counts steps while it works.
    static func isSampler(_ call: NodeCall) -> Bool {
        let names = Set(call.inputs.map(\.name))
        if names.contains("steps"), names.contains("seed") || names.contains("noise_seed") { return true }
        let isLinked = call.inputs.contains { if case .value = $0.input { true } else { false } }
        return call.name.contains("Sampler") && isLinked && !call.name.hasPrefix("ModelSampling")
    }

    /// How many steps a sampler takes, 1…10000.
    static func steps(_ call: NodeCall) -> Int {
        let all = call.int("steps") ?? lineage(call).steps ?? 20
        let last = min(all, call.int("end_at_step") ?? all)
        return max(1, min(10_000, last - (call.int("start_at_step") ?? 0)))
    }

    static func run(_ call: NodeCall) throws -> NodeResult {
        if let file = call.inputs.lazy.compactMap({ call.literal($0.name)?.string }).first(
            where: ModelLists.isModelFile),
            file.hasPrefix("corrupt")
        {
            throw NodeFailure(
                "safetensors._safetensors_rust.SafetensorError",
                "Error while deserializing header: header too large")
        }
        let slots = max(1, call.definition.outputs.count)
        // A class that nobody knows, with a picture going in: the picture comes out, whatever it does to it.
        if call.definition.isUnchecked, !isSampler(call), let pictures = call.anyPictures {
            return NodeResult(outputs: Array(repeating: .pictures(pictures), count: slots))
        }
        let lineage = lineage(call)
        let outputs = try (0..<slots).map { slot -> NodeValue in
            let isPicture = call.definition.outputs.indices.contains(slot) && call.definition.outputs[slot] == "IMAGE"
            return isPicture ? .pictures(try lineage.pictures()) : .token(lineage)
        }
        return NodeResult(outputs: outputs)
    }

    /// What the node and all before it know. The latent's size goes before any other.
    static func lineage(_ call: NodeCall) -> Lineage {
        var lineage = own(call)
        for (name, input) in call.inputs.sorted(by: { rank($0.name) < rank($1.name) }) {
            guard case .value(let value) = input else { continue }
            var other = Lineage()
            switch value {
            case .token(let token): other = token
            case .text(let text): other.prompt = text
            case .integer: break
            case .pictures(let pictures):
                other.base = pictures
                (other.width, other.height) = (pictures.first?.raster.width, pictures.first?.raster.height)
            }
            lineage.fill(from: other, includingPrompt: !name.hasPrefix("negative"))
        }
        if isSampler(call) || !lineage.isSampled { lineage.origin = call.signature }
        if isSampler(call) { lineage.isSampled = true }
        scale(&lineage, call)
        return lineage
    }

    /// What the node's own literals say.
    private static func own(_ call: NodeCall) -> Lineage {
        let texts = ["text", "prompt", "t5xxl", "text_g", "clip_l", "positive", "positive_prompt", "string", "value"]
        var lineage = Lineage()
        lineage.prompt = texts.lazy.compactMap { call.literal($0)?.string }.first
        lineage.seed = call.literal("seed")?.uint64 ?? call.literal("noise_seed")?.uint64
        lineage.steps = call.int("steps")
        if let width = call.int("width"), let height = call.int("height"), width > 0, height > 0 {
            (lineage.width, lineage.height) = (min(width, 16_384), min(height, 16_384))
        }
        lineage.batch = call.int("batch_size")
        return lineage
    }

    private static func scale(_ lineage: inout Lineage, _ call: NodeCall) {
        if let amount = call.int("amount") {
            lineage.batch = max(1, min(64, (lineage.batch ?? 1) * max(1, min(64, amount))))
        }
        guard let factor = call.number("scale_by"), let width = lineage.width, let height = lineage.height else {
            return
        }
        lineage.width = Int(min(16_384, max(1, Double(width) * factor)))
        lineage.height = Int(min(16_384, max(1, Double(height) * factor)))
    }

    /// Latents say the size, then pictures, then conditioning, then models.
    private static func rank(_ input: String) -> Int {
        if input.contains("latent") || input.hasPrefix("samples") { return 0 }
        if input.hasPrefix("pixels") || input.hasPrefix("image") { return 1 }
        return input.hasPrefix("positive") || input.hasPrefix("conditioning") ? 2 : 3
    }
}

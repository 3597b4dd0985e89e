import Crypto
import JSONText

/// What nodes have made, kept from one prompt to the next as ComfyUI's default cache does: by what went into them, and
/// only as long as the latest prompt holds the same.
struct NodeCache<Output: Sendable>: Sendable {
    private var entries: [String: Output] = [:]

    subscript(_ signature: String) -> Output? {
        get { entries[signature] }
        set { entries[signature] = newValue }
    }

    /// Forgets everything that is not of this prompt.
    mutating func keepOnly(_ signatures: some Sequence<String>) {
        let kept = Set(signatures)
        entries = entries.filter { kept.contains($0.key) }
    }

    mutating func clear() { entries = [:] }
}

/// What goes into a node, as one text: equal signatures, equal results.
enum NodeSignatures {
    /// - Parameter fingerprint: of a file that a literal names (`LoadImage`), so that a new file of the same name counts
    ///   as a change.
    /// - Returns: node id → signature, for the whole graph. A node in a circle has none.
    static func all(
        _ graph: PromptGraph, fingerprint: (_ classType: String, _ input: String, _ value: JSON) -> String?
    ) -> [String: String] {
        var signatures: [String: String] = [:]
        var waiting = graph.ids
        while true {
            let ready = waiting.filter { id in graph.links(of: id).allSatisfy { signatures[$0.link.node] != nil } }
            if ready.isEmpty { return signatures }
            for id in ready { signatures[id] = signature(of: id, in: graph, signatures, fingerprint) }
            waiting.removeAll { signatures[$0] != nil }
        }
    }

    private static func signature(
        of id: String, in graph: PromptGraph, _ known: [String: String],
        _ fingerprint: (String, String, JSON) -> String?
    ) -> String {
        let name = graph.classType(of: id) ?? ""
        let inputs = (graph.inputs(of: id) ?? [:]).map { input, value -> (String, JSON) in
            if let link = Link(value), let source = known[link.node] {
                return (input, [.string(source), JSON(link.slot)])
            }
            return (input, fingerprint(name, input, value).map { [value, .string($0)] } ?? value)
        }
        let text: JSON = [.string(name), .object(JSONObject(inputs))]
        return SHA256.hash(text.serialized(sortedKeys: true)).hex
    }
}

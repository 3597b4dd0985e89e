import JSONText

/// How far a prompt has come over its whole graph, 0…1 and never backwards. A value.
///
/// A node counts for one, a node with a literal `steps` input for as many as that: that is where the time goes.
struct ProgressMeter: Sendable, Equatable {
    private let weights: [String: Double]
    private let total: Double
    private var done: Set<String> = []
    private var current: (node: String, share: Double)?
    private(set) var value = 0.0

    /// - Parameter graph: as submitted.
    init(graph: JSON) {
        let nodes = graph.object ?? [:]
        weights = Dictionary(uniqueKeysWithValues: nodes.map { ($0.key, Self.weight($0.value)) })
        total = max(1, weights.values.reduce(0, +))
    }

    private static func weight(_ node: JSON) -> Double { max(1, min(10_000, node["inputs"]?["steps"]?.double ?? 1)) }

    /// Takes a message about this prompt; true when the value has changed.
    mutating func observe(_ message: ComfyMessage) -> Bool {
        switch message {
        case .executionCached(_, let nodes): done.formUnion(nodes)
        case .executing(_, let node):
            finishCurrent()
            current = node.map { ($0, 0) }
        case .executed(_, let node, _): done.insert(node)
        case .progress(_, let node, let value, let maximum) where maximum > 0:
            if current?.node != node { finishCurrent() }
            current = (node, min(1, max(0, value / maximum)))
        default: return false
        }
        return update()
    }

    private mutating func finishCurrent() {
        if let current { done.insert(current.node) }
        current = nil
    }

    private mutating func update() -> Bool {
        var sum = done.reduce(0) { $0 + (weights[$1] ?? 0) }
        if let current, !done.contains(current.node) { sum += (weights[current.node] ?? 0) * current.share }
        let next = max(value, min(1, sum / total))
        defer { value = next }
        return next != value
    }

    static func == (one: ProgressMeter, other: ProgressMeter) -> Bool {
        one.value == other.value && one.done == other.done && one.weights == other.weights
    }
}

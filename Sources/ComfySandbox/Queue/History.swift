import JSONText

/// How a prompt ended.
struct HistoryEntry: Sendable {
    let prompt: QueuedPrompt
    var outputs: JSONObject = [:]
    var isSuccess = true
    /// Every event that was told to the prompt's client with a time, oldest first.
    var messages: [Event] = []

    var json: JSON {
        let meta = outputs.keys.map { node -> (String, JSON) in
            let id = JSON.string(node)
            return (node, ["node_id": id, "display_node": id, "parent_node": .null, "real_node_id": id])
        }
        return [
            "prompt": prompt.json, "outputs": .object(outputs),
            "status": [
                "status_str": isSuccess ? "success" : "error", "completed": .bool(isSuccess),
                "messages": .array(messages.map { [.string($0.type), $0.data] }),
            ],
            "meta": .object(JSONObject(meta)),
        ]
    }
}

/// The prompts that have ended, oldest first. Beyond 10000 the oldest goes.
struct History: Sendable {
    private var entries: [String: HistoryEntry] = [:]
    private var order: [String] = []
    private static let limit = 10_000

    subscript(_ id: String) -> HistoryEntry? { entries[id] }

    /// An entry with the same id is overwritten in its old place.
    mutating func add(_ entry: HistoryEntry) {
        if entries.updateValue(entry, forKey: entry.prompt.id) == nil { order.append(entry.prompt.id) }
        if order.count > Self.limit { entries[order.removeFirst()] = nil }
    }

    mutating func remove(_ id: String) {
        guard entries.removeValue(forKey: id) != nil else { return }
        order.removeAll { $0 == id }
    }

    mutating func clear() { (entries, order) = ([:], []) }

    /// `GET /history`. A negative offset counts from the end.
    func json(maximum: Int?, offset: Int) -> JSON {
        var start = offset
        if start < 0, let maximum { start = order.count - maximum }
        let chosen = order.dropFirst(max(0, start)).prefix(max(0, maximum ?? .max))
        return .object(JSONObject(chosen.compactMap { id in entries[id].map { (id, $0.json) } }))
    }
}

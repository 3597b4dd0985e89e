import JSONText

/// What `progress_state` tells: every node that has begun, in that order.
struct ProgressBook: Sendable {
    private struct Entry: Sendable {
        let node: String
        /// Doubles until the node itself counts, integers from then on.
        var value: JSON
        var maximum: JSON
        var isFinished = false
    }

    let promptID: String
    private var entries: [Entry] = []

    init(promptID: String) { self.promptID = promptID }

    mutating func start(_ node: String) {
        entries.append(Entry(node: node, value: .double(0), maximum: .double(1)))
    }

    mutating func update(_ node: String, _ value: Int, of maximum: Int) {
        change(node) {
            $0.value = JSON(value)
            $0.maximum = JSON(maximum)
        }
    }

    mutating func finish(_ node: String) {
        change(node) {
            $0.value = $0.maximum
            $0.isFinished = true
        }
    }

    /// A node that did not run because its result was there.
    mutating func finishCached(_ node: String) {
        entries.append(Entry(node: node, value: 1, maximum: 1, isFinished: true))
    }

    private mutating func change(_ node: String, _ body: (inout Entry) -> Void) {
        guard let place = entries.firstIndex(where: { $0.node == node }) else { return }
        body(&entries[place])
    }

    var json: JSON {
        .object(
            JSONObject(
                entries.map { entry in
                    let id = JSON.string(entry.node)
                    let state: JSON = [
                        "value": entry.value, "max": entry.maximum,
                        "state": entry.isFinished ? "finished" : "running", "node_id": id,
                        "prompt_id": .string(promptID), "display_node_id": id, "parent_node_id": .null,
                        "real_node_id": id,
                    ]
                    return (entry.node, state)
                }))
    }
}

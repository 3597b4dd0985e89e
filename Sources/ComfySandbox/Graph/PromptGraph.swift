import JSONText

/// A link between nodes: slot `slot` of node `node`.
struct Link: Sendable, Hashable {
    let node: String
    let slot: Int

    /// Reads `["4", 0]`; nil for anything else.
    init?(_ value: JSON) {
        guard case .array(let parts) = value, parts.count == 2, let node = parts[0].string, let slot = parts[1].int
        else { return nil }
        self.node = node
        self.slot = slot
    }
}

/// A graph in ComfyUI's API form, as it was submitted: node id → `class_type`, `inputs`.
struct PromptGraph: Sendable {
    /// The graph's JSON; validation writes coerced values back into it.
    private(set) var json: JSONObject

    init(_ json: JSONObject) { self.json = json }

    var ids: [String] { json.keys }

    func classType(of id: String) -> String? { json[id]?["class_type"]?.string }

    /// The node's inputs, or nil when it has no `inputs` object.
    func inputs(of id: String) -> JSONObject? { json[id]?["inputs"]?.object }

    mutating func setInput(_ name: String, of id: String, to value: JSON) {
        guard var node = json[id]?.object, var inputs = node["inputs"]?.object else { return }
        inputs[name] = value
        node["inputs"] = .object(inputs)
        json[id] = .object(node)
    }

    /// The links into a node, with the names of the inputs that they feed.
    func links(of id: String) -> [(input: String, link: Link)] {
        guard let inputs = inputs(of: id) else { return [] }
        return inputs.compactMap { name, value in
            guard let link = Link(value), json.contains(link.node) else { return nil }
            return (name, link)
        }
    }

    /// The nodes that `id` is fed by, directly or through others, itself left out; nearest first, each once.
    func ancestors(of id: String) -> [String] {
        var seen: Set<String> = [id]
        var found: [String] = []
        var frontier = [id]
        while !frontier.isEmpty {
            frontier = frontier.flatMap { links(of: $0).map(\.link.node) }.filter { seen.insert($0).inserted }
            found += frontier
        }
        return found
    }

    /// Whether a circle of links can be reached from `id`.
    func reachesCycle(from id: String) -> Bool {
        var finished: Set<String> = []
        var path: Set<String> = []
        // An own stack: a graph may be deeper than a thread's.
        var stack: [(id: String, next: [String])] = [(id, links(of: id).map(\.link.node))]
        path.insert(id)
        while let top = stack.last {
            guard let next = top.next.first else {
                path.remove(top.id)
                finished.insert(top.id)
                stack.removeLast()
                continue
            }
            stack[stack.count - 1].next.removeFirst()
            if path.contains(next) { return true }
            if finished.contains(next) { continue }
            path.insert(next)
            stack.append((next, links(of: next).map(\.link.node)))
        }
        return false
    }
}

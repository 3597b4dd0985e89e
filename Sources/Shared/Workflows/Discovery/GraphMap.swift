internal import JSONText

/// A graph as it is walked: which nodes run, what feeds what, what is written into an input.
struct GraphMap {
    struct Link: Hashable {
        var node: String
        var slot: Int
    }

    let graph: Graph
    let nodes: NodeList?
    /// The nodes that save or show something, in the order of their ids.
    let outputs: [String]
    /// The nodes that ComfyUI would run, in the order of their ids.
    let ids: [String]

    init(_ graph: Graph, nodes: NodeList?) {
        self.graph = graph
        self.nodes = nodes
        let all = graph.json.keys.sorted(by: NodeID.precedes)
        var used: Set<String> = []
        var fed: Set<String> = []
        for id in all {
            for (_, value) in graph.json[id]?["inputs"]?.object ?? [:] {
                guard let source = Graph.source(ofLink: value) else { continue }
                used.insert(source)
                fed.insert(id)
            }
        }
        let outputs = all.filter { id in
            Self.isOutput(graph.classType(of: id) ?? "", isEnd: fed.contains(id) && !used.contains(id), nodes)
        }
        self.outputs = outputs
        // With no output to be seen there is no telling what would run.
        let live = outputs.isEmpty ? Set(all) : Self.ancestors(of: outputs, in: graph)
        ids = all.filter(live.contains)
    }

    /// Whether a node type ends a graph. One that no list knows does when it
    /// takes something and nobody takes what it makes.
    private static func isOutput(_ classType: String, isEnd: Bool, _ nodes: NodeList?) -> Bool {
        if let node = nodes?[classType] { return node.isOutput }
        return isEnd || classType.hasPrefix("Save") || classType.hasPrefix("Preview")
            || classType == "VHS_VideoCombine"
    }

    /// These nodes and everything that feeds them.
    static func ancestors(of ids: [String], in graph: Graph) -> Set<String> {
        var found = Set(ids)
        var open = ids
        while let id = open.popLast() {
            for (_, value) in graph.json[id]?["inputs"]?.object ?? [:] {
                guard let source = Graph.source(ofLink: value), found.insert(source).inserted else { continue }
                open.append(source)
            }
        }
        return found
    }

    func classType(of id: String) -> String {
        graph.classType(of: id) ?? ""
    }

    func inputs(of id: String) -> JSONObject {
        graph.json[id]?["inputs"]?.object ?? [:]
    }

    /// Where an input's value comes from, nil for a literal.
    func link(_ name: String, of id: String) -> Link? {
        graph.input(name, of: id).flatMap(Self.link)
    }

    /// The links that go into a node, in the order of its inputs.
    func links(of id: String) -> [(name: String, link: Link)] {
        inputs(of: id).compactMap { name, value in Self.link(value).map { (name, $0) } }
    }

    /// A text, number or truth value that is written into an input.
    func literal(_ name: String, of id: String) -> JSON? {
        graph.input(name, of: id).flatMap { Self.isLiteral($0) ? $0 : nil }
    }

    /// Every such input of a node, in its order. How the editor moves a seed on is left out: ComfyUI does not know it.
    func literals(of id: String) -> [(name: String, value: JSON)] {
        inputs(of: id).compactMap { name, value in
            Self.isLiteral(value) && name != "control_after_generate" ? (name, value) : nil
        }
    }

    func value(at target: Manifest.Target) -> JSON? {
        literal(target.input, of: target.node)
    }

    /// What is known of a node input; nil when there is no list or the list does not have it.
    func known(_ name: String, of id: String) -> NodeList.Input? {
        nodes?.input(name, of: graph.classType(of: id))
    }

    private static func link(_ value: JSON) -> Link? {
        guard let node = Graph.source(ofLink: value), let slot = value[1]?.int else { return nil }
        return Link(node: node, slot: slot)
    }

    private static func isLiteral(_ value: JSON) -> Bool {
        switch value {
        case .array, .object, .null: false
        default: true
        }
    }
}

public import JSONText

/// A graph in the form that ComfyUI runs: nodes by id, each with `class_type` and `inputs`.
public struct Graph: Sendable, Hashable {
    /// The graph as the file has it.
    public let json: JSONObject

    /// Reads what a file in the workflow folder holds. Throws one sentence about what it is instead of a graph.
    init(_ value: JSON) throws(DocumentFault) {
        guard let outer = value.object else { throw DocumentFault([], "must be an object of nodes") }
        // What is sent to ComfyUI has the graph one level down, and is often kept like that.
        let isWrapped = outer["class_type"] == nil && Self.isGraph(outer["prompt"])
        let members = isWrapped ? outer["prompt"]?.object ?? [:] : outer
        let path: [JSONPathElement] = isWrapped ? ["prompt"] : []
        if members["nodes"]?.array != nil {
            throw DocumentFault(
                [],
                "is saved in the editor's own form, which ComfyUI cannot run; "
                    + "in ComfyUI choose Workflow > Export (API) and put that file here "
                    + "(older versions: switch on Dev mode in the settings, then Save (API Format))")
        }
        guard !members.isEmpty else { throw DocumentFault([], "holds no nodes") }
        json = members
        for (id, node) in members { try Self.check(node, at: path + [.member(id)]) }
        for (id, node) in members {
            try checkLinks(node["inputs"]?.object ?? [:], at: path + [.member(id), "inputs"])
        }
    }

    /// The graph with each required input that it lacks as the editor would write it: an export from before a node got
    /// an input is refused without.
    func completed(for nodes: NodeList) -> Graph {
        var completed = json
        for (id, node) in json {
            guard var members = node.object, var inputs = node["inputs"]?.object,
                let known = node["class_type"]?.string.flatMap({ nodes[$0] })
            else { continue }
            let lacking = known.inputs.filter { $0.isRequired && $0.initial != nil && inputs[$0.name] == nil }
            guard !lacking.isEmpty else { continue }
            for input in lacking { inputs[input.name] = input.initial }
            members["inputs"] = .object(inputs)
            completed[id] = .object(members)
        }
        return Graph(checked: completed)
    }

    private init(checked json: JSONObject) {
        self.json = json
    }

    private static func isGraph(_ value: JSON?) -> Bool {
        value?.object?.contains { $0.value["class_type"]?.string != nil } ?? false
    }

    /// The type of a node, or nil when there is no such node.
    public func classType(of id: String) -> String? {
        json[id]?["class_type"]?.string
    }

    /// What a node's input is set to: a literal, or a link `[node, output]`.
    public func input(_ name: String, of id: String) -> JSON? {
        json[id]?["inputs"]?[name]
    }

    /// The node that a link leads from. ComfyUI takes every list of a string and a number for a link.
    static func source(ofLink value: JSON) -> String? {
        guard let elements = value.array, elements.count == 2, elements[1].double != nil else { return nil }
        return elements[0].string
    }

    private static func check(_ node: JSON, at path: [JSONPathElement]) throws(DocumentFault) {
        guard node.object != nil else { throw DocumentFault(path, "must be a node with `class_type` and `inputs`") }
        guard node["class_type"]?.string != nil else { throw DocumentFault(path, "needs the string `class_type`") }
        guard node["inputs"]?.object != nil else { throw DocumentFault(path, "needs the object `inputs`") }
    }

    private func checkLinks(_ inputs: JSONObject, at path: [JSONPathElement]) throws(DocumentFault) {
        for (name, value) in inputs {
            guard let source = Self.source(ofLink: value), json[source] == nil else { continue }
            throw DocumentFault(path + [.member(name)], "comes from node \(source), which is not in the graph")
        }
    }
}

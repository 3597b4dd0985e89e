internal import JSONText

/// Holds a workflow against the nodes and models of a ComfyUI, before anybody waits for it.
struct Readiness {
    private let graph: Graph
    private let manifest: Manifest
    private let nodes: NodeList
    private let map: GraphMap
    /// The parameters by the input that they set.
    private let parameters: [Manifest.Target: (name: String, schema: ValueSchema)]
    private(set) var findings: [Finding] = []

    /// A graph that is wrong all over need not be told in whole.
    private static let limit = 20

    init(_ graph: Graph, _ manifest: Manifest, on nodes: NodeList) {
        self.graph = graph
        self.manifest = manifest
        self.nodes = nodes
        map = GraphMap(graph, nodes: nodes)
        var parameters: [Manifest.Target: (name: String, schema: ValueSchema)] = [:]
        for (name, schema) in manifest.parameters.parameters {
            for target in manifest.inject[name] ?? [] {
                parameters[Manifest.Target(node: target.node, input: target.input)] = (name, schema)
            }
        }
        self.parameters = parameters
        checkTypes()
        checkOutputs()
        for id in map.ids where findings.count < Self.limit { check(id) }
    }

    /// ComfyUI refuses a graph with one type that it does not have, wherever that stands.
    private mutating func checkTypes() {
        var missing: [String: [String]] = [:]
        for id in graph.json.keys.sorted(by: NodeID.precedes) where nodes[map.classType(of: id)] == nil {
            missing[map.classType(of: id), default: []].append(id)
        }
        for (type, ids) in missing.sorted(by: { NodeID.precedes($0.value[0], $1.value[0]) }) {
            let place = "(node\(ids.count == 1 ? "" : "s") \(ids.prefix(5).joined(separator: ", ")))"
            let what = "ComfyUI has no node type \(type) \(place)"
            if let source = manifest.nodes.first(where: { $0.classType == type }) {
                let url = source.url.map { " (\($0))" } ?? ""
                add(.missingPack, "\(what): it comes with the node pack \(source.pack)\(url)")
            } else {
                add(.unknownNode, "\(what): it comes with a node pack that is not installed, or with another version")
            }
        }
    }

    private mutating func checkOutputs() {
        guard findings.isEmpty, !map.outputs.contains(where: { nodes[map.classType(of: $0)]?.isOutput == true }) else {
            return
        }
        add(.wrong, "No node of the graph saves or shows anything, so ComfyUI would have nothing to do")
    }

    private mutating func check(_ id: String) {
        guard let node = nodes[map.classType(of: id)] else { return }
        let given = map.inputs(of: id)
        for input in node.inputs {
            guard let value = given[input.name] else {
                if input.isRequired, input.kind != .other {
                    add(.wrong, "The required input \(input.name) of \(place(id)) is missing")
                }
                continue
            }
            if let link = map.link(input.name, of: id) {
                check(link, into: input.name, of: id)
            } else {
                check(value, in: input, of: id)
            }
        }
    }

    private mutating func check(_ link: GraphMap.Link, into input: String, of id: String) {
        guard let source = nodes[map.classType(of: link.node)] else { return }
        // Python counts from the end for a negative number.
        if link.slot >= source.outputs.count || link.slot < -source.outputs.count {
            let count = source.outputs.count
            add(
                .wrong,
                "The input \(input) of \(place(id)) comes from output \(link.slot) of \(place(link.node)), which has \(count)"
            )
        }
    }

    /// Checks what an input would be: the default of the parameter that sets it, else what the graph says.
    private mutating func check(_ value: JSON, in input: NodeList.Input, of id: String) {
        let parameter = parameters[Manifest.Target(node: id, input: input.name)]
        if let schema = parameter?.schema {
            // Uploaded, or given with each request.
            if schema.isUpload || schema.kind == .array { return }
            let name = parameter?.name ?? ""
            if schema.defaultValue == nil, manifest.parameters.required.contains(name) { return }
            // Fetched when a request comes.
            if schema.format == .model, let text = schema.defaultValue?.string, case .url = ModelReference(text) {
                return
            }
            // Without the parameter its node is not there.
            if schema.defaultValue == nil, manifest.absent[name]?.contains(where: { $0.node == id }) == true { return }
        }
        let value = parameter?.schema.defaultValue ?? value
        if parameter?.name == "seed", parameter?.schema.defaultValue == nil { return }
        // A list of choices, or something that only its own node understands.
        if value.array != nil || value.object != nil { return }
        let judge = LiteralJudge(input: input, place: "The input \(input.name) of \(place(id))")
        switch judge.verdict(on: value) {
        case .fine: break
        case .wrong(let reason): add(.wrong, reason)
        case .noPicture(let name):
            add(.missingFile, "The picture \(name), \(input.name) of \(place(id)), is not in ComfyUI's input folder")
        case .notListed(let choices): notListed(value, choices, input, id, isChosen: parameter != nil)
        }
    }

    private mutating func notListed(
        _ value: JSON, _ choices: [JSON], _ input: NodeList.Input, _ id: String, isChosen: Bool
    ) {
        let name = value.string ?? value.text
        let model = manifest.models.first { $0.file == name }
        guard model != nil || ModelFolders.isModelFile(name) || choices.isEmpty else {
            let some = choices.prefix(8).map { $0.string ?? $0.text }.joined(separator: ", ")
            let more = choices.count > 8 ? ", …" : ""
            return add(
                .wrong,
                "The input \(input.name) of \(place(id)) is \(name), which is not among what it can be: \(some)\(more)")
        }
        // A request can name one of the others.
        if isChosen && !choices.isEmpty { return }
        let folder = model?.folder ?? ModelFolders.folder(ofInput: input.name, of: map.classType(of: id))
        add(.missingFile, missing(name, folder, url: model?.url, choices, "\(input.name) of \(place(id))"))
    }

    private func missing(
        _ file: String, _ folder: String?, url: String?, _ choices: [JSON], _ place: String
    ) -> String {
        let plain = { (name: String) -> String in
            name.split(whereSeparator: { $0 == "\\" || $0 == "/" }).last.map(String.init) ?? ""
        }
        if let other = choices.compactMap(\.string).first(where: { plain($0) == plain(file) }) {
            return "The model \(file), \(place), is there under another name: \(other)"
        }
        let source = url.map { "; get it from \($0)" } ?? ""
        guard let folder else { return "The model \(file), \(place), is missing\(source)" }
        return "The model \(file), \(place), is missing: put it into ComfyUI's models/\(folder)\(source)"
    }

    private func place(_ id: String) -> String {
        "node \(id) (\(map.classType(of: id)))"
    }

    private mutating func add(_ kind: Finding.Kind, _ reason: String) {
        guard findings.count < Self.limit else { return }
        findings.append(Finding(kind: kind, reason: reason))
    }
}

public import JSONText

/// Why values cannot be put into a graph.
public struct InjectionError: Error, Sendable, Hashable {
    /// The parameter at fault, nil when it is not one.
    public var parameter: String?
    /// A sentence with no full stop that may be shown to the client.
    public var reason: String
}

extension Workflow {
    /// The graph as it is submitted to ComfyUI: a copy of the file's, with the values in their places.
    ///
    /// `_meta` (the titles in the editor) is left out: ComfyUI does not look at it, and would write it into every
    /// picture.
    ///
    /// - Parameters:
    ///   - values: as `ParameterValidator` gives them. A parameter that is not among them leaves the graph as it is.
    ///   - uploadedImages: for each parameter that is a picture, a sound or a film the names that ComfyUI gave the uploads: one, or for a list one
    ///     an element in order. What `values` holds for such a parameter is not used.
    ///   - filenamePrefix: where every node that saves puts its files, under ComfyUI's output folder.
    public func prompt(
        with values: JSONObject, uploadedImages: [String: [String]], filenamePrefix: String
    ) throws(InjectionError) -> JSON {
        guard let graph, isReady else { throw InjectionError(reason: "The workflow \(name) is not ready") }
        if let reason = FileNames.fault(in: filenamePrefix) {
            throw InjectionError(reason: "A file name prefix \(reason)")
        }
        var prompt = PromptGraph(graph)
        var absent: [Absence] = []
        for (parameter, schema) in parameters.parameters {
            let value = try value(of: parameter, schema, values, uploadedImages)
            absent += (manifest.absent[parameter] ?? []).filter { $0.applies(to: value) }
            guard let value else { continue }
            for target in manifest.inject[parameter] ?? [] {
                guard let part = target.value(for: value) else { continue }
                try prompt.set(part, at: target, for: parameter)
            }
        }
        for absence in absent { prompt.take(absence) }
        prompt.setFilenamePrefix(filenamePrefix)
        try prompt.checkFiles()
        return prompt.json
    }

    private func value(
        of parameter: String, _ schema: ValueSchema, _ values: JSONObject, _ uploads: [String: [String]]
    ) throws(InjectionError) -> JSON? {
        let given = values[parameter].flatMap { $0.isNull ? Optional.none : $0 }
        guard schema.isUpload else { return given }
        guard let names = uploads[parameter], !names.isEmpty else {
            if given == nil { return nil }
            throw InjectionError(
                parameter: parameter,
                reason: "The \(schema.upload?.rawValue ?? "file") for \(parameter) was not uploaded")
        }
        return schema.kind == .array ? .array(names.map(JSON.string)) : .string(names[0])
    }
}

/// A graph on its way to ComfyUI.
private struct PromptGraph {
    private var nodes: [(id: String, classType: String, inputs: JSONObject, others: JSONObject)]

    init(_ graph: Graph) {
        nodes = graph.json.map { id, node in
            var others = node.object ?? [:]
            for name in ["_meta", "class_type", "inputs"] { others[name] = nil }
            return (id, node["class_type"]?.string ?? "", node["inputs"]?.object ?? [:], others)
        }
    }

    mutating func set(_ value: JSON, at target: Manifest.Target, for parameter: String) throws(InjectionError) {
        guard let place = nodes.firstIndex(where: { $0.id == target.node }) else { return }
        switch value {
        case .array, .object:
            // ComfyUI would take a list for a link to another node.
            throw InjectionError(parameter: parameter, reason: "The value of \(parameter) must be a plain value")
        case .double(let number) where !number.isFinite:
            throw InjectionError(parameter: parameter, reason: "The value of \(parameter) must be a finite number")
        case .string(let name) where Self.loads(nodes[place].classType):
            if let reason = FileNames.faultInChosen(name) {
                throw InjectionError(parameter: parameter, reason: "The file name in \(parameter) \(reason)")
            }
        default: break
        }
        nodes[place].inputs[target.input] = value
    }

    /// Takes a node out, and gives what hangs on it what passes the node by.
    mutating func take(_ absence: Absence) {
        guard let place = nodes.firstIndex(where: { $0.id == absence.node }) else { return }
        let node = nodes.remove(at: place)
        for place in nodes.indices {
            for (name, value) in nodes[place].inputs where Graph.source(ofLink: value) == absence.node {
                let output = value[1]?.int ?? 0
                let passing = absence.bypass.indices.contains(output) ? node.inputs[absence.bypass[output]] : nil
                nodes[place].inputs[name] = passing
            }
        }
    }

    /// Every node with such an input saves files, whatever its type.
    mutating func setFilenamePrefix(_ prefix: String) {
        for place in nodes.indices where nodes[place].inputs.contains("filename_prefix") {
            nodes[place].inputs["filename_prefix"] = .string(prefix)
        }
    }

    /// ComfyUI's LoadImage follows `..`, in the graph's own file too; so do the loaders of sound and films.
    func checkFiles() throws(InjectionError) {
        let loaders = [("LoadImage", "image"), ("LoadAudio", "audio"), ("LoadVideo", "file")]
        for node in nodes {
            guard let input = loaders.first(where: { node.classType.hasPrefix($0.0) })?.1,
                let name = node.inputs[input]?.string, let reason = FileNames.fault(in: name)
            else { continue }
            throw InjectionError(reason: "The \(input) name of node \(node.id) \(reason)")
        }
    }

    var json: JSON {
        .object(
            JSONObject(
                nodes.map { node in
                    let own: JSONObject = ["class_type": .string(node.classType), "inputs": .object(node.inputs)]
                    return (node.id, .object(own.merging(node.others)))
                }))
    }

    private static func loads(_ classType: String) -> Bool {
        classType.hasPrefix("Load") || classType.contains("Loader")
    }
}

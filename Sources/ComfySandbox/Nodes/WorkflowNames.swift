import JSONText

/// The node classes and models that the graphs and manifests of a workflow folder name.
struct WorkflowNames: Sendable, Equatable {
    /// How the graphs use a class.
    struct Use: Sendable, Equatable {
        var inputs: [String] = []
        /// One more than the highest output slot that a link takes.
        var slots = 0
        /// Whether any node takes something from it.
        var isFed: Bool { slots > 0 }
    }

    var classes: [String: Use] = [:]
    /// Model folder → file names.
    var models: [String: Set<String>] = [:]

    /// Adds the content of one file: an exported graph, or a manifest. Other JSON adds nothing.
    mutating func add(_ file: JSON) {
        guard let members = file.object else { return }
        let nodes = members.filter { $0.value["class_type"]?.string != nil }
        if nodes.isEmpty { return addManifest(file) }
        for (_, node) in nodes { addNode(node) }
        for (_, node) in nodes {
            for (_, value) in node["inputs"]?.object ?? [:] {
                guard let link = Link(value), let source = members[link.node]?["class_type"]?.string else { continue }
                classes[source, default: Use()].slots = max(classes[source]?.slots ?? 0, min(link.slot, 31) + 1)
            }
        }
    }

    /// Adds the model files that lie in the folders of ComfyUI's `models`.
    mutating func addModels(in path: String) {
        for folder in ModelLists.folders {
            let files = FileStore.names(in: "\(path)/\(folder)").filter(ModelLists.isModelFile)
            if !files.isEmpty { models[folder, default: []].formUnion(files) }
        }
    }

    private mutating func addNode(_ node: JSON) {
        guard let name = node["class_type"]?.string else { return }
        var use = classes[name] ?? Use()
        for (input, value) in node["inputs"]?.object ?? [:] {
            if !use.inputs.contains(input) { use.inputs.append(input) }
            let isModel = value.string.map(ModelLists.isModelFile) ?? false
            let folder = ModelLists.folder(ofClass: name, input: input)
            if isModel, let folder, let file = value.string { models[folder, default: []].insert(file) }
        }
        classes[name] = use
    }

    /// Takes every model file that a manifest names together with its folder: `{"folder": "loras", "name": "a.sft"}`
    /// (also `type` or `directory`, `file` or `filename`), `{"loras": ["a.sft"]}` or `"loras/a.sft"`; and every class
    /// in a member called `classes` or `class_types`.
    private mutating func addManifest(_ value: JSON, under key: String? = nil) {
        switch value {
        case .object(let members):
            addNamedModel(members)
            for name in ["classes", "class_types"] {
                for entry in members[name]?.array ?? [] { entry.string.map { classes[$0] = classes[$0] ?? Use() } }
            }
            for (name, member) in members { addManifest(member, under: name) }
        case .array(let elements): for element in elements { addManifest(element, under: key) }
        case .string(let text) where ModelLists.isModelFile(text): addModel(text, under: key)
        default: break
        }
    }

    private mutating func addNamedModel(_ members: JSONObject) {
        let folder = ["folder", "type", "directory", "kind"].lazy.compactMap { members[$0]?.string }.first
        let file = ["name", "file", "filename"].lazy.compactMap { members[$0]?.string }.first
        guard let folder, let file, ModelLists.folders.contains(folder) else { return }
        models[folder, default: []].insert(file)
    }

    private mutating func addModel(_ text: String, under key: String?) {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        if parts.count == 2, ModelLists.folders.contains(parts[0]) {
            models[parts[0], default: []].insert(parts[1])
        } else if let key, let folder = ModelLists.folders.contains(key) ? key : ModelLists.folder(ofInput: key) {
            models[folder, default: []].insert(text)
        }
    }
}

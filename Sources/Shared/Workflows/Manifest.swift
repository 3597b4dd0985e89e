public import JSONText

/// What `NAME.manifest.json` says about the graph in `NAME.json`. Its form is in `workflows/manifest.schema.json`.
public struct Manifest: Sendable, Hashable {
    /// One node input that a parameter's value goes to.
    public struct Target: Sendable, Hashable {
        public var node: String
        public var input: String
        /// The place in a list parameter that this target takes; nil for a parameter that is no list.
        public var element: Int?
        /// What goes there for each value that a request may give; nil for the value itself.
        public var map: JSONObject?

        /// What goes there, or nil when there is nothing for it.
        func value(for value: JSON) -> JSON? {
            guard let part = element.map({ value[$0] }) ?? value else { return nil }
            guard let map else { return part }
            return map[part.string ?? part.text]
        }
    }

    /// A node whose files are the result.
    public struct Output: Sendable, Hashable {
        public var name: String
        public var node: String
    }

    /// A model file that the workflow cannot run without.
    public struct Model: Sendable, Hashable {
        /// The folder under ComfyUI's `models`: `checkpoints`, `loras`.
        public var folder: String
        public var file: String
        /// Where to get it.
        public var url: String?
    }

    /// A node type that does not come with ComfyUI.
    public struct NodeSource: Sendable, Hashable {
        public var classType: String
        /// The name of the pack that has it.
        public var pack: String
        public var url: String?
    }

    public var title: String?
    public var description: String?
    public var parameters = ParameterSchema()
    /// Where each parameter goes.
    public var inject: [String: [Target]] = [:]
    /// What goes from the graph with each parameter that a request does not give.
    public var absent: [String: [Absence]] = [:]
    /// For each parameter of the format `model` the folder under ComfyUI's `models` that its file lies in.
    public var modelFolders: [String: String] = [:]
    /// Empty for every output of the graph.
    public var outputs: [Output] = []
    public var models: [Model] = []
    public var nodes: [NodeSource] = []
}

extension Manifest {
    /// Reads a manifest for a graph, and gives everything that is wrong with it.
    static func read(_ json: JSON, for graph: Graph) -> (manifest: Manifest, faults: [DocumentFault]) {
        guard let members = json.object else { return (Manifest(), [DocumentFault([], "must be an object")]) }
        var reader = MemberReader(members, at: [])
        var manifest = Manifest()
        _ = reader.string("$schema")
        manifest.title = reader.string("title")
        manifest.description = reader.string("description")
        manifest.readParameters(&reader, graph)
        manifest.readOutputs(&reader, graph)
        manifest.models = reader.list("models") { entry in
            guard let folder = entry.requiredString("folder"), let file = entry.requiredString("file") else {
                return nil
            }
            return Model(folder: folder, file: file, url: entry.string("url"))
        }
        manifest.nodes = reader.list("nodes") { entry in
            guard let type = entry.requiredString("class_type"), let pack = entry.requiredString("pack") else {
                return nil
            }
            return NodeSource(classType: type, pack: pack, url: entry.string("url"))
        }
        reader.refuseUnknown()
        return (manifest, reader.faults)
    }

    private mutating func readParameters(_ reader: inout MemberReader, _ graph: Graph) {
        guard let members = reader.object("parameters") else { return }
        var inner = MemberReader(members, at: ["parameters"])
        var inject: [String: [Target]] = [:]
        var absent: [String: [Absence]] = [:]
        var folders: [String: String] = [:]
        parameters = ParameterSchema(reading: &inner) { name, parameter in
            folders[name] = Self.modelFolder(&parameter)
            inject[name] = Self.targets(&parameter, graph)
            let isList = parameter.members["type"] == "array"
            absent[name] = parameter.list("absent") { Absence(reading: &$0, isList: isList, graph: graph) }
        }
        (self.inject, self.absent, modelFolders) = (inject, absent, folders)
        reader.faults += inner.faults
    }

    private static func modelFolder(_ parameter: inout MemberReader) -> String? {
        let isModel = parameter.members["format"] == "model"
        guard let folder = parameter.string("folder") else {
            if isModel { parameter.fault([], "needs the member `folder`: where under ComfyUI's models its file lies") }
            return nil
        }
        let isPlain = (1...64).contains(folder.utf8.count) && folder.utf8.allSatisfy(Self.isPlain)
        if !isPlain { parameter.fault(["folder"], "must be a name of letters, digits, - and _") }
        if !isModel { parameter.fault(["folder"], "applies to the format `model` alone") }
        return isModel && isPlain ? folder : nil
    }

    private static func isPlain(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }

    private static func targets(_ parameter: inout MemberReader, _ graph: Graph) -> [Target] {
        let isList = parameter.members["type"] == "array"
        let choices = parameter.members["enum"]?.array ?? parameter.members["items"]?["enum"]?.array
        let targets: [Target] = parameter.list("inject") { entry in
            guard let node = entry.requiredString("node"), let input = entry.requiredString("input") else { return nil }
            let target = Target(
                node: node, input: input, element: entry.count("element"), map: map(&entry, of: choices))
            if let reason = fault(of: target, isList: isList, in: graph) { entry.fault([], reason) }
            return target
        }
        if targets.isEmpty { parameter.fault([], "needs `inject` with at least one node input") }
        return targets
    }

    /// - Parameter choices: the values that the parameter may have; each needs its place in the map.
    private static func map(_ entry: inout MemberReader, of choices: [JSON]?) -> JSONObject? {
        guard let map = entry.object("map") else { return nil }
        guard let choices else {
            entry.fault(["map"], "needs `enum` at the parameter, or values may have no place in it")
            return map
        }
        for choice in choices where map[choice.string ?? choice.text] == nil {
            entry.fault(["map"], "has nothing for \(choice.text)")
        }
        return map
    }

    private static func fault(of target: Target, isList: Bool, in graph: Graph) -> String? {
        guard graph.classType(of: target.node) != nil else {
            return "names node \(target.node), which is not in the graph"
        }
        guard let value = graph.input(target.input, of: target.node) else {
            return "names the input \(target.input), which node \(target.node) does not have"
        }
        if let source = Graph.source(ofLink: value) {
            return "names the input \(target.input) of node \(target.node), which node \(source) feeds"
        }
        if isList && target.element == nil { return "needs `element`: which element of the list goes there" }
        if !isList && target.element != nil { return "has `element`, but the parameter is no list" }
        return nil
    }

    /// `["9"]`, or `{"picture": "9"}` to give each a name.
    private mutating func readOutputs(_ reader: inout MemberReader, _ graph: Graph) {
        let named: [(place: JSONPathElement, name: String?, node: JSON)]
        switch reader.value("outputs") {
        case .none: return
        case .array(let ids): named = ids.enumerated().map { (.index($0), $1.string, $1) }
        case .object(let members): named = members.map { (.member($0.key), $0.key, $0.value) }
        default: return reader.fault(["outputs"], "must be a list of node ids, or an object of names and node ids")
        }
        for (place, name, node) in named {
            if let name, let id = node.string, graph.classType(of: id) != nil {
                outputs.append(Output(name: name, node: id))
            } else {
                reader.fault(["outputs", place], "must be the id of a node of the graph, in quotes")
            }
        }
    }
}

extension MemberReader {
    /// A list of objects, each read by `read`; what it leaves unread is refused.
    mutating func list<Value>(_ name: String, _ read: (inout MemberReader) -> Value?) -> [Value] {
        var values: [Value] = []
        for (place, element) in (array(name) ?? []).enumerated() {
            let inside: [JSONPathElement] = [.member(name), .index(place)]
            guard let members = element.object else {
                fault(inside, "must be an object")
                continue
            }
            var reader = MemberReader(members, at: path + inside)
            if let value = read(&reader) {
                values.append(value)
                reader.refuseUnknown()
            }
            faults += reader.faults
        }
        return values
    }
}

public import JSONText

extension NodeList {
    /// Reads the answer of `GET /object_info`. A node type that is told in a way not known here is left out.
    ///
    /// - Throws: when it is not such an answer at all.
    public init(objectInfo json: JSON) throws(DocumentFault) {
        guard let members = json.object else { throw DocumentFault([], "must be an object of node types") }
        var lists = ListPool()
        for (name, value) in members {
            if let node = Node(value, &lists) { nodes[name] = node }
        }
        guard !nodes.isEmpty else { throw DocumentFault([], "holds no node types") }
    }
}

/// Keeps each list of choices once: every loader of a folder repeats its files.
struct ListPool {
    private var known: Set<[JSON]> = []

    mutating func shared(_ list: [JSON]) -> [JSON] {
        known.insert(list).memberAfterInsert
    }
}

extension NodeList.Node {
    fileprivate init?(_ json: JSON, _ lists: inout ListPool) {
        guard let sections = json["input"]?.object else { return nil }
        inputs = []
        for (section, isRequired) in [("required", true), ("optional", false)] {
            for (name, value) in sections[section]?.object ?? [:] {
                let kind = NodeList.Kind(value, &lists)
                let initial = kind.initial(value[1]?["default"])
                inputs.append(NodeList.Input(name: name, kind: kind, isRequired: isRequired, initial: initial))
            }
        }
        // The type of an output that is a choice is its list.
        outputs = (json["output"]?.array ?? []).map { $0.string ?? "COMBO" }
        isOutput = json["output_node"] == true
        module = json["python_module"]?.string
    }
}

extension NodeList.Kind {
    /// Reads `[type, {…}]`. A choice has two forms: `[[values…], {…}]` and `["COMBO", {"options": [values…]}]`.
    fileprivate init(_ json: JSON, _ lists: inout ListPool) {
        let options = json[1]?.object ?? [:]
        if let values = json[0]?.array {
            self = .choice(lists.shared(values), upload: Self.upload(options))
            return
        }
        switch json[0]?.string {
        case "COMBO":
            self = .choice((options["options"]?.array).map { lists.shared($0) }, upload: Self.upload(options))
        case "INT": self = .integer(Self.bounds(options))
        case "FLOAT": self = .number(Self.bounds(options))
        case "STRING": self = .text(isMultiline: options["multiline"] == true)
        case "BOOLEAN": self = .boolean
        case .some(let type) where !type.hasPrefix("COMFY_"): self = .link(type)
        default: self = .other
        }
    }

    /// - Parameter told: the default in the node list.
    fileprivate func initial(_ told: JSON?) -> JSON? {
        switch self {
        case .integer, .number, .boolean, .text: return told
        case .choice(let choices, upload: nil):
            if let told { return told }
            // Of files the first is as good as any, and as wrong.
            let isOfFiles = choices?.contains { ModelFolders.isModelFile($0.string ?? "") } ?? true
            return isOfFiles ? nil : choices?.first
        case .choice, .link, .other: return nil
        }
    }

    private static func upload(_ options: JSONObject) -> NodeList.Upload? {
        if options["image_upload"] == true { return .image }
        if options["audio_upload"] == true { return .audio }
        if options["video_upload"] == true { return .video }
        let others = ["file_upload", "animated_image_upload", "upload"]
        return others.contains { options[$0] == true } ? .other : nil
    }

    private static func bounds(_ options: JSONObject) -> NodeList.Bounds {
        func number(_ name: String) -> JSON? { options[name].flatMap { $0.double == nil ? Optional.none : $0 } }
        return NodeList.Bounds(minimum: number("min"), maximum: number("max"), step: number("step"))
    }
}

public import JSONText

/// What one workflow takes and whether it can run, with nothing of its graph.
public struct WorkflowSummary: Sendable, Hashable {
    public var name: String
    public var title: String
    public var description: String?
    /// A hash of the files: a task runs on the version that it was checked against.
    public var version: String
    public var ready: Bool
    /// Why it is not ready, a sentence each.
    public var reasons: [String]
    public var parameters: ParameterSchema

    public init(
        name: String, title: String, description: String?, version: String, ready: Bool, reasons: [String],
        parameters: ParameterSchema
    ) {
        self.name = name
        self.title = title
        self.description = description
        self.version = version
        self.ready = ready
        self.reasons = reasons
        self.parameters = parameters
    }

    public var json: JSON {
        [
            "name": .string(name), "title": .string(title), "description": description.map(JSON.string) ?? .null,
            "version": .string(version), "ready": .bool(ready), "reasons": .array(reasons.map(JSON.string)),
            "parameters": parameters.json,
        ]
    }

    /// Reads what `json` gives; members that are not known are passed over, so that an older backend can talk to a
    /// newer GPU service.
    public init(json: JSON) throws(DocumentFault) {
        guard let members = json.object else { throw DocumentFault([], "must be an object") }
        var reader = MemberReader(members, at: [])
        name = reader.requiredString("name") ?? ""
        version = reader.requiredString("version") ?? ""
        title = reader.string("title") ?? name
        description = reader.string("description")
        ready = reader.value("ready") == true
        reasons = (reader.array("reasons") ?? []).compactMap(\.string)
        if let fault = reader.faults.first { throw fault }
        parameters = try ParameterSchema(json: members["parameters"] ?? [:])
    }
}

/// Everything that one pod can run: the body of `GET /workflows` of the GPU service.
public struct WorkflowCatalogue: Sendable, Hashable {
    public var workflows: [WorkflowSummary]
    public var styles: [Style]

    public init(workflows: [WorkflowSummary], styles: [Style]) {
        self.workflows = workflows
        self.styles = styles
    }

    public subscript(_ name: String) -> WorkflowSummary? {
        workflows.first { $0.name == name }
    }

    public func style(_ name: String) -> Style? {
        styles.first { $0.name == name }
    }

    /// `{"workflows":[…],"styles":[…]}`
    public var json: JSON {
        ["workflows": .array(workflows.map(\.json)), "styles": .array(styles.map(\.json))]
    }

    /// Reads what `json` gives.
    public init(json: JSON) throws(DocumentFault) {
        guard let list = json["workflows"]?.array else { throw DocumentFault(["workflows"], "must be a list") }
        workflows = []
        for (place, value) in list.enumerated() {
            do {
                workflows.append(try WorkflowSummary(json: value))
            } catch {
                throw DocumentFault(["workflows", .index(place)] + error.path, error.reason)
            }
        }
        let read = Style.read(["styles": json["styles"] ?? []])
        if let fault = read.faults.first { throw fault }
        styles = read.styles
    }
}

public import JSONText

/// What a workflow takes: a JSON Schema of one object whose members are its parameters.
///
/// It is all that is needed to check a request, so the backend does so with what the GPU service's catalogue holds
/// and never sees a graph.
public struct ParameterSchema: Sendable, Hashable {
    /// The parameters in the order in which the manifest lists them.
    public private(set) var parameters: [(name: String, schema: ValueSchema)]
    /// Those that a request must give.
    public private(set) var required: [String]

    /// A workflow with no parameters.
    public init() {
        parameters = []
        required = []
    }

    /// Reads a schema as `json` gives it. Throws the first thing that is wrong.
    public init(json: JSON) throws(DocumentFault) {
        guard let members = json.object else { throw DocumentFault([], "must be an object") }
        var reader = MemberReader(members, at: [])
        self.init(reading: &reader) { _, _ in }
        if let fault = reader.faults.first { throw fault }
    }

    /// Reads a schema and notes what is wrong with it in `reader`.
    ///
    /// - Parameter take: takes members that are not JSON Schema out of a parameter before the rest is read.
    init(reading reader: inout MemberReader, take: (_ name: String, inout MemberReader) -> Void) {
        self.init()
        if let type = reader.value("type"), type != "object" { reader.fault(["type"], "must be `object`") }
        if let more = reader.value("additionalProperties"), more != false {
            reader.fault(["additionalProperties"], "must be false: a workflow takes what it declares")
        }
        for (name, value) in reader.object("properties") ?? [:] {
            guard let members = value.object else {
                reader.fault(["properties", .member(name)], "must be an object")
                continue
            }
            var inner = MemberReader(members, at: reader.path + ["properties", .member(name)])
            take(name, &inner)
            let json = JSON.object(
                JSONObject(members.filter { !Self.ofGraph.contains($0.key) }.map { ($0.key, $0.value) }))
            if let schema = ValueSchema(reading: &inner, json: json, mayBeArray: true) {
                parameters.append((name, schema))
            }
            reader.faults += inner.faults
        }
        readRequired(&reader)
        reader.refuseUnknown()
    }

    /// Members of a manifest's parameter that are not JSON Schema and no client's business.
    private static let ofGraph: Set<String> = ["inject", "absent", "folder"]

    private mutating func readRequired(_ reader: inout MemberReader) {
        for (place, value) in (reader.array("required") ?? []).enumerated() {
            if let name = value.string, reader.members["properties"]?[name] != nil {
                required.append(name)
            } else {
                reader.fault(["required", .index(place)], "must be the name of a parameter")
            }
        }
    }

    /// The schema of a parameter.
    public subscript(_ name: String) -> ValueSchema? {
        parameters.first { $0.name == name }?.schema
    }

    mutating func replace(_ name: String, _ change: (inout ValueSchema) -> Void) {
        guard let place = parameters.firstIndex(where: { $0.name == name }) else { return }
        change(&parameters[place].schema)
    }

    /// JSON Schema 2020-12, with nothing in it about the graph.
    public var json: JSON {
        [
            "type": "object",
            "properties": .object(JSONObject(parameters.map { ($0.name, $0.schema.json) })),
            "required": .array(required.map(JSON.string)),
            "additionalProperties": false,
        ]
    }

    public static func == (one: ParameterSchema, other: ParameterSchema) -> Bool {
        one.json == other.json
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(json)
    }
}

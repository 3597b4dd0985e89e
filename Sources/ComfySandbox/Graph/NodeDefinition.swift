import JSONText

/// A node class as `GET /object_info` tells of it.
struct NodeDefinition: Sendable {
    var name: String
    var displayName: String
    var category: String
    var inputs: [InputDefinition]
    /// The type of each output slot: "IMAGE", "LATENT", …
    var outputs: [String]
    var isOutput: Bool
    /// A class that only a workflow names: its inputs are not checked and its outputs fit everywhere.
    var isUnchecked = false

    func input(_ name: String) -> InputDefinition? { inputs.first { $0.name == name } }

    /// The class's entry in `/object_info`, with `lists` filled into the choices.
    func objectInfo(lists: ChoiceLists) -> JSON {
        let required = inputs.filter { !$0.isOptional }
        let optional = inputs.filter(\.isOptional)
        var input: JSONObject = ["required": .object(JSONObject(required.map { ($0.name, $0.config(lists)) }))]
        var order: JSONObject = ["required": .array(required.map { .string($0.name) })]
        if !optional.isEmpty {
            input["optional"] = .object(JSONObject(optional.map { ($0.name, $0.config(lists)) }))
            order["optional"] = .array(optional.map { .string($0.name) })
        }
        let types = JSON.array(outputs.map(JSON.string))
        return .object([
            "input": .object(input), "input_order": .object(order), "output": types,
            "output_is_list": .array(outputs.map { _ in .bool(false) }), "output_name": types,
            "name": .string(name), "display_name": .string(displayName),
            "description": .string(isUnchecked ? "A stand-in of the sandbox: its inputs are not checked." : ""),
            "python_module": .string("sandbox"), "category": .string(category), "output_node": .bool(isOutput),
        ])
    }
}

/// What a node input takes.
struct InputDefinition: Sendable {
    enum Kind: Sendable {
        /// Only a link, to an output of this type.
        case link(String)
        case int(fallback: JSON, min: Int128, max: Int128, step: Int)
        case float(fallback: Double, min: Double, max: Double, step: Double)
        case string
        case boolean(fallback: Bool)
        /// One of a list, written `["COMBO", {"options": […]}]` when `isCombo`, else `[[…], {}]`.
        case choice(ChoiceSource, isCombo: Bool)
    }

    var name: String
    var kind: Kind
    var isOptional = false

    /// The name of the type in links and in messages.
    var typeName: String {
        switch kind {
        case .link(let type): type
        case .int: "INT"
        case .float: "FLOAT"
        case .string: "STRING"
        case .boolean: "BOOLEAN"
        case .choice: "COMBO"
        }
    }

    /// The input's `[type, {…}]` as ComfyUI writes it.
    func config(_ lists: ChoiceLists) -> JSON {
        switch kind {
        case .link, .string: [.string(typeName), [:]]
        case .boolean(let fallback): [.string(typeName), ["default": .bool(fallback)]]
        case .int(let fallback, let min, let max, let step):
            [
                .string(typeName),
                ["default": fallback, "min": Self.json(min), "max": Self.json(max), "step": JSON(step)],
            ]
        case .float(let fallback, let min, let max, let step):
            [
                .string(typeName),
                ["default": .double(fallback), "min": .double(min), "max": .double(max), "step": .double(step)],
            ]
        case .choice(let source, isCombo: true):
            ["COMBO", ["multiselect": false, "options": .array(lists.values(of: source).map(JSON.string))]]
        case .choice(.inputFiles, _):
            [.array(lists.values(of: .inputFiles).map(JSON.string)), ["image_upload": true]]
        case .choice(let source, _): [.array(lists.values(of: source).map(JSON.string)), [:]]
        }
    }

    private static func json(_ value: Int128) -> JSON {
        UInt64(exactly: value).map { JSON($0) } ?? .integer(Int64(clamping: value))
    }
}

/// Where the values of a choice come from.
enum ChoiceSource: Sendable, Hashable {
    case fixed([String])
    /// The files of a model folder, such as "checkpoints".
    case models(String)
    /// The files in the input folder.
    case inputFiles
}

/// The lists that change while the sandbox runs.
struct ChoiceLists: Sendable {
    var models: [String: [String]] = [:]
    var inputFiles: [String] = []

    func values(of source: ChoiceSource) -> [String] {
        switch source {
        case .fixed(let values): values
        case .models(let folder): models[folder] ?? []
        case .inputFiles: inputFiles
        }
    }
}

internal import JSONText

/// A parameter on its way into the manifest that is made of a graph: its name and where it goes.
struct FoundParameter {
    var name: String
    var targets: [Manifest.Target]
    /// What a request uploads for it: `image`, `audio` or `video`.
    var upload: ValueSchema.Format?

    /// What the fixed names stand for, where nothing better is known.
    private struct Meaning {
        var kind: ValueSchema.Kind
        var description: String
        var minimum: JSON?
        var maximum: JSON?
    }

    private static let meanings: [String: Meaning] = [
        "prompt": Meaning(kind: .string, description: "What the picture shows."),
        "negative_prompt": Meaning(kind: .string, description: "What to keep out."),
        "seed": Meaning(
            kind: .integer, description: "The same seed and parameters give the same result. Random when absent.",
            minimum: 0, maximum: .unsigned(.max)),
        "steps": Meaning(kind: .integer, description: "Sampling steps.", minimum: 1, maximum: 10000),
        "cfg": Meaning(kind: .number, description: "How closely the prompt is followed.", minimum: 0, maximum: 100),
        "sampler_name": Meaning(kind: .string, description: "The sampling method."),
        "scheduler": Meaning(kind: .string, description: "How the noise falls from step to step."),
        "denoise": Meaning(
            kind: .number, description: "How much is made anew: 0 keeps what was there, 1 makes all of it.", minimum: 0,
            maximum: 1),
        "width": Meaning(kind: .integer, description: "Pixels.", minimum: 16, maximum: 16384),
        "height": Meaning(kind: .integer, description: "Pixels.", minimum: 16, maximum: 16384),
        "batch_size": Meaning(kind: .integer, description: "Pictures made at once.", minimum: 1, maximum: 4096),
    ]

    /// The parameter as a manifest has it.
    func json(_ map: GraphMap) -> JSON {
        var schema: JSONObject = ["title": .string(title)]
        if let upload {
            schema["type"] = "string"
            schema["format"] = .string(upload.rawValue)
        } else {
            describe(&schema, map)
        }
        let inject = targets.map { JSON.object(["node": .string($0.node), "input": .string($0.input)]) }
        schema["inject"] = .array(inject)
        return .object(schema)
    }

    /// `negative_prompt_2` → `Negative prompt 2`
    private var title: String {
        let words = name.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    private func describe(_ schema: inout JSONObject, _ map: GraphMap) {
        let inputs = targets.compactMap { map.known($0.input, of: $0.node)?.kind }
        let values = targets.compactMap { map.value(at: $0) }
        let meaning = Self.meanings[name]
        let kind =
            meaning?.kind ?? inputs.lazy.compactMap(Self.kind(ofInput:)).first ?? Self.kind(ofValue: values.first)
        schema["type"] = .string(kind.rawValue)
        if let meaning { schema["description"] = .string(meaning.description) }
        switch kind {
        case .integer, .number:
            let bounds = ValueBounds(inputs, orElse: (meaning?.minimum, meaning?.maximum))
            bounds.write(into: &schema, kind, values)
        case .string: describeText(&schema, inputs, values, map)
        case .boolean, .array: break
        }
        // A seed with no default is random.
        if name != "seed", let value = defaultValue(values, kind, schema) { schema["default"] = value }
    }

    private func describeText(
        _ schema: inout JSONObject, _ inputs: [NodeList.Kind], _ values: [JSON], _ map: GraphMap
    ) {
        let lists = inputs.compactMap { input -> [JSON]? in
            if case .choice(let choices?, upload: nil) = input, !choices.isEmpty { choices } else { nil }
        }
        if let first = lists.first {
            let choices = first.filter { choice in choice.string != nil && lists.allSatisfy { $0.contains(choice) } }
            if !choices.isEmpty { schema["enum"] = .array(choices) }
        } else if values.contains(where: { ModelFolders.isModelFile($0.string ?? "") }) {
            schema["format"] = "filename"
        } else {
            let longest = values.compactMap { $0.string?.unicodeScalars.count }.max() ?? 0
            schema["maxLength"] = JSON(max(10_000, longest))
        }
    }

    /// What the graph itself has, where its nodes agree on it.
    private func defaultValue(_ values: [JSON], _ kind: ValueSchema.Kind, _ schema: JSONObject) -> JSON? {
        guard let first = values.first, values.allSatisfy({ $0 == first }),
            let value = ValueCheck.converted(first, to: kind)
        else { return nil }
        if let choices = schema["enum"]?.array, !choices.contains(value) { return nil }
        guard let number = ExactNumber(value) else { return value }
        if let low = schema["minimum"].flatMap(ExactNumber.init), number < low { return nil }
        if let high = schema["maximum"].flatMap(ExactNumber.init), high < number { return nil }
        return value
    }

    private static func kind(ofInput input: NodeList.Kind) -> ValueSchema.Kind? {
        switch input {
        case .integer: .integer
        case .number: .number
        case .boolean: .boolean
        case .text: .string
        case .choice, .link, .other: nil
        }
    }

    private static func kind(ofValue value: JSON?) -> ValueSchema.Kind {
        switch value {
        case .bool: .boolean
        case .integer, .unsigned: .integer
        case .double: .number
        default: .string
        }
    }
}

/// The bounds that every node takes which a number goes to.
private struct ValueBounds {
    private var minimum: JSON?
    private var maximum: JSON?
    private var steps: [JSON] = []

    init(_ inputs: [NodeList.Kind], orElse usual: (minimum: JSON?, maximum: JSON?)) {
        for input in inputs {
            switch input {
            case .integer(let bounds), .number(let bounds):
                minimum = Self.tighter(minimum, bounds.minimum) { $0 < $1 }
                maximum = Self.tighter(maximum, bounds.maximum) { $1 < $0 }
                if case .integer = input, let step = bounds.step { steps.append(step) }
            default: break
            }
        }
        minimum = minimum ?? usual.minimum
        maximum = maximum ?? usual.maximum
    }

    private static func tighter(_ one: JSON?, _ other: JSON?, _ isLess: (ExactNumber, ExactNumber) -> Bool) -> JSON? {
        guard let one, let first = ExactNumber(one) else { return other }
        guard let other, let second = ExactNumber(other) else { return one }
        return isLess(first, second) ? other : one
    }

    func write(into schema: inout JSONObject, _ kind: ValueSchema.Kind, _ values: [JSON]) {
        schema["minimum"] = minimum
        schema["maximum"] = maximum
        // ComfyUI holds nobody to the editor's steps. For sizes they are what models want, as long as the range and the
        // graph's own value are made of them; for fractions they are the arrows' pace alone.
        guard kind == .integer, let step = steps.compactMap(\.int).max(), step > 1 else { return }
        let all = values + (minimum.map { [$0] } ?? [])
        if all.allSatisfy({ ($0.int ?? 1) % step == 0 }) { schema["multipleOf"] = JSON(step) }
    }
}

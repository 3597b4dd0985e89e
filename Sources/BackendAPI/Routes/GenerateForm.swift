import JSONText
import Workflows

/// The fields of `POST /generate` as the client sent them, each with its type checked; faults are gathered.
struct GenerateForm: Sendable {
    var mode: String?
    var prompt: String?
    var style: String?
    var faceImages: [JSON] = []
    var targetImage: JSON?
    var extra: JSONObject = [:]
    var priority = TaskPriority.normal
    var options = GenerationTask.Options()
    var faults: [Fault] = []
    /// The parameters stand in the body itself rather than in `extra_params`.
    var isRun = false
    /// It came as a form: each value is a text, whatever it means.
    var isForm = false

    /// Reads the parameters of a form as what they mean.
    mutating func readTexts(_ schema: ParameterSchema) {
        for (name, value) in extra {
            if let wanted = schema[name] { extra[name] = FormText.typed(value, for: wanted) }
        }
    }

    /// Reads the body of a workflow's run: its parameters beside the options of `POST /generate`. A parameter wins over
    /// an option of the same name.
    init(run body: JSON, of workflow: WorkflowSummary) {
        let fields = body.object ?? [:]
        let declared = Set(workflow.parameters.parameters.map(\.name))
        let options = Self.optionNames.subtracting(declared)
        self.init(.object(JSONObject(fields.filter { options.contains($0.key) }.map { ($0.key, $0.value) })))
        isRun = true
        // What is missing is the mode alone, which the path names.
        faults.removeAll { $0.loc == ["body", "mode"] }
        extra = JSONObject(fields.filter { !options.contains($0.key) }.map { ($0.key, $0.value) })
        // With no mode, a body that has no fields ends with this one fault.
        if body.object == nil { faults = Self(body).faults } else { mode = workflow.name }
    }

    private static let optionNames: Set<String> = [
        "style", "priority", "output_format", "quality", "previews", "keep_metadata", "webhook", "webhook_events",
    ]

    /// The faults, each where the client finds it.
    var placedFaults: [Fault] {
        guard isRun else { return faults }
        return faults.map { fault in
            var fault = fault
            if fault.loc.count > 2, fault.loc[1] == "extra_params" { fault.loc.remove(at: 1) }
            return fault
        }
    }

    /// Null is the same as absent; unknown fields are passed over.
    init(_ body: JSON) {
        guard let fields = body.object else {
            faults = [
                Fault(
                    type: "model_attributes_type", loc: ["body"],
                    msg: "Input should be a valid dictionary or object to extract fields from", input: body)
            ]
            return
        }
        mode = text("mode", fields)
        if fields["mode"]?.isNull ?? true { faults.append(.missing(["body", "mode"], in: .object([:]))) }
        prompt = text("prompt", fields)
        style = text("style", fields)
        readPictures(fields)
        readExtra(fields)
        readOptions(fields)
    }

    private func given(_ name: String, _ fields: JSONObject) -> JSON? {
        fields[name].flatMap { $0.isNull ? nil : $0 }
    }

    private mutating func text(_ name: String, _ fields: JSONObject) -> String? {
        guard let value = given(name, fields) else { return nil }
        if let text = value.string { return text }
        faults.append(.wrongType(.string, ["body", .member(name)], input: value))
        return nil
    }

    private mutating func flag(_ name: String, _ fields: JSONObject) -> Bool {
        guard let value = given(name, fields) else { return false }
        if let flag = value.bool { return flag }
        faults.append(.wrongType(.boolean, ["body", .member(name)], input: value))
        return false
    }

    private mutating func readPictures(_ fields: JSONObject) {
        targetImage = given("target_image", fields)
        guard let value = given("face_images", fields) else { return }
        guard let list = value.array else {
            return faults.append(.wrongType(.array, ["body", "face_images"], input: value))
        }
        faceImages = list
    }

    private mutating func readExtra(_ fields: JSONObject) {
        guard let value = given("extra_params", fields) else { return }
        guard let object = value.object else {
            let message = "Input should be a valid dictionary"
            return faults.append(Fault(type: "dict_type", loc: ["body", "extra_params"], msg: message, input: value))
        }
        extra = object
    }

    private mutating func readOptions(_ fields: JSONObject) {
        if let name = choice("priority", ["low", "normal", "high"], fields) {
            priority = TaskPriority(name: name) ?? .normal
        }
        options.outputFormat = choice("output_format", ["png", "jpeg", "webp"], fields)
        options.previews = flag("previews", fields)
        options.keepMetadata = flag("keep_metadata", fields)
        guard let value = given("quality", fields) else { return }
        guard let quality = value.int else {
            return faults.append(.wrongType(.integer, ["body", "quality"], input: value))
        }
        options.quality = quality
        if quality < 1 {
            let message = "Input should be greater than or equal to 1"
            faults.append(Fault(type: "greater_than_equal", loc: ["body", "quality"], msg: message, input: value))
        } else if quality > 100 {
            let message = "Input should be less than or equal to 100"
            faults.append(Fault(type: "less_than_equal", loc: ["body", "quality"], msg: message, input: value))
        }
    }

    private mutating func choice(_ name: String, _ choices: [String], _ fields: JSONObject) -> String? {
        guard let text = text(name, fields) else { return nil }
        if choices.contains(text) { return text }
        let list = choices.dropLast().map { "'\($0)'" }.joined(separator: ", ") + " or '\(choices.last ?? "")'"
        faults.append(
            Fault(
                type: "literal_error", loc: ["body", .member(name)], msg: "Input should be \(list)",
                input: .string(text)))
        return nil
    }
}

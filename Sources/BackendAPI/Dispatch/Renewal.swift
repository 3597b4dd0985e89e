import Crypto
import JSONText
import Workflows

/// Whether a task that waited fits its workflow as it is now.
enum Renewal {
    enum Outcome: Sendable {
        /// It runs on this version, with these parameters.
        case fits(version: String, params: JSONObject)
        case fails(String)
    }

    static func check(_ task: GenerationTask, against workflow: WorkflowSummary?) -> Outcome {
        guard let workflow else { return .fails("The workflow \(task.workflow) is gone.") }
        let schema = workflow.parameters
        var texts = task.params
        var pictures: [String: JSON] = [:]
        // Pictures and the like were checked when they came: here they are references.
        for (name, schema) in schema.parameters where schema.isUpload {
            guard let value = texts[name] else { continue }
            pictures[name] = value
            texts[name] = schema.kind == .array ? .array((value.array ?? [value]).map { _ in "picture" }) : "picture"
        }
        let outcome = ParameterValidator(randomSeed: randomUInt64).validate(texts, against: schema)
        if let fault = outcome.faults.first {
            let name = fault.json["loc"]?.array?.last?.string ?? "a parameter"
            return .fails("The workflow \(task.workflow) has changed, and \(name) no longer fits: \(fault.msg).")
        }
        var params = outcome.values
        for (name, value) in pictures { params[name] = value }
        return .fits(version: workflow.version, params: params)
    }
}

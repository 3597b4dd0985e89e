import Crypto
import JSONText

/// What `POST /prompt` makes of a body.
enum Submission: Sendable {
    case queued(QueuedPrompt, nodeErrors: JSONObject)
    /// 400 with this body.
    case refused(JSON)
    /// ComfyUI stumbles: its 500.
    case crashed
}

/// Reads the body of `POST /prompt` in the order in which ComfyUI looks at its members.
struct PromptReader {
    let catalogue: NodeCatalogue
    let fileExists: (String) -> Bool

    func read(_ body: JSON, queue: inout PromptQueue) -> Submission {
        guard let members = members(of: body) else { return .crashed }
        guard let number = number(members, &queue) else { return .crashed }
        guard let prompt = members["prompt"] else {
            return .refused(GraphValidation.error("no_prompt", "No prompt provided", "No prompt provided"))
        }
        guard let graph = graph(prompt) else { return .crashed }
        let targets = members["partial_execution_targets"].flatMap(targets)
        let outcome = GraphValidation.run(
            graph, targets: targets, catalogue: catalogue, fileExists: fileExists)
        guard let extraData = extraData(members) else { return .crashed }
        switch outcome {
        case .refused(let problem): return .refused(problem)
        case .accepted(let graph, let outputs, let nodeErrors):
            let id = members["prompt_id"].map(PythonText.str) ?? UUID4.make()
            let queued = QueuedPrompt(number: number, id: id, graph: graph, extraData: extraData, outputs: outputs)
            return .queued(queued, nodeErrors: nodeErrors)
        }
    }

    /// A list or a text has no members, and ComfyUI does not mind.
    private func members(of body: JSON) -> JSONObject? {
        switch body {
        case .object(let members): members
        case .array, .string: [:]
        default: nil
        }
    }

    private func number(_ members: JSONObject, _ queue: inout PromptQueue) -> JSON? {
        if let number = members["number"] { return (try? PythonText.float(number)).map(JSON.double) }
        return JSON(queue.number(isFront: members["front"].map(PythonText.truth) ?? false))
    }

    private func graph(_ prompt: JSON) -> PromptGraph? {
        if case .array(let elements) = prompt, elements.isEmpty { return PromptGraph([:]) }
        return prompt.object.map(PromptGraph.init)
    }

    /// A text works like the list of its letters.
    private func targets(_ value: JSON) -> [String]? {
        switch value {
        case .array(let elements): elements.compactMap(\.string)
        case .string(let text): text.map(String.init)
        default: nil
        }
    }

    /// `extra_data` with the client's id in it; nil when that cannot be put there.
    private func extraData(_ members: JSONObject) -> JSON? {
        var extraData = members["extra_data"] ?? [:]
        guard let client = members["client_id"] else { return extraData }
        guard var object = extraData.object else { return nil }
        object["client_id"] = client
        extraData = .object(object)
        return extraData
    }
}

import JSONText

/// A message to sockets: what is said, and who hears it.
struct Event: Sendable, Equatable {
    enum Audience: Sendable, Equatable {
        case everybody
        /// The socket that bears this id, if there is one.
        case client(String)
        case nobody

        /// Start, end and results of a prompt are told to its client alone.
        static func owner(_ client: String?) -> Audience { client.map { .client($0) } ?? .nobody }

        /// Progress of a prompt that names no client goes to everybody.
        static func followers(_ client: String?) -> Audience { client.map { .client($0) } ?? .everybody }
    }

    var type: String
    var data: JSON
    var audience: Audience

    var text: String { (["type": .string(type), "data": data] as JSON).text }
}

extension Event {
    /// How many prompts are running or waiting.
    static func status(remaining: Int, sid: String? = nil) -> Event {
        var data: JSONObject = ["status": ["exec_info": ["queue_remaining": JSON(remaining)]]]
        if let sid { data["sid"] = .string(sid) }
        return Event(type: "status", data: .object(data), audience: sid.map { .client($0) } ?? .everybody)
    }

    /// The answer to a client's own `feature_flags`.
    static let features: JSON = ["supports_preview_metadata": true, "max_upload_size": 104_857_600]
}

/// The events of one prompt, in ComfyUI's words. Times are milliseconds since 1970.
struct PromptEvents: Sendable {
    let promptID: String
    let client: String?

    private func event(_ type: String, _ data: JSONObject, _ audience: Event.Audience) -> Event {
        var data = data
        if data["prompt_id"] == nil { data["prompt_id"] = .string(promptID) }
        return Event(type: type, data: .object(data), audience: audience)
    }

    func start(at time: Int) -> Event {
        event("execution_start", ["prompt_id": .string(promptID), "timestamp": JSON(time)], .owner(client))
    }

    func cached(_ nodes: [String], at time: Int) -> Event {
        event(
            "execution_cached",
            ["nodes": .array(nodes.map(JSON.string)), "prompt_id": .string(promptID), "timestamp": JSON(time)],
            .owner(client))
    }

    func executing(_ node: String) -> Event {
        event("executing", ["node": .string(node), "display_node": .string(node)], .owner(client))
    }

    /// The last event of a prompt, after its history entry is there.
    var finished: Event { event("executing", ["node": .null], .owner(client)) }

    func executed(_ node: String, output: JSON) -> Event {
        event("executed", ["node": .string(node), "display_node": .string(node), "output": output], .owner(client))
    }

    func progressState(_ nodes: JSON) -> Event {
        event("progress_state", ["prompt_id": .string(promptID), "nodes": nodes], .followers(client))
    }

    func progress(_ value: Int, of maximum: Int, node: String) -> Event {
        event(
            "progress",
            [
                "value": JSON(value), "max": JSON(maximum), "prompt_id": .string(promptID), "node": .string(node),
            ], .followers(client))
    }

    func success(at time: Int) -> Event {
        event("execution_success", ["prompt_id": .string(promptID), "timestamp": JSON(time)], .owner(client))
    }

    /// Told to everybody where the prompt names no client, other than the two ends besides it.
    func interrupted(node: String, type: String, executed: [String], at time: Int) -> Event {
        event(
            "execution_interrupted",
            [
                "prompt_id": .string(promptID), "node_id": .string(node), "node_type": .string(type),
                "executed": .array(executed.map(JSON.string)), "timestamp": JSON(time),
            ], .followers(client))
    }

    func error(_ failure: NodeFailure, in call: NodeCall, executed: [String], all: [String], at time: Int) -> Event {
        event(
            "execution_error",
            [
                "prompt_id": .string(promptID), "node_id": .string(call.id), "node_type": .string(call.name),
                "executed": .array(executed.map(JSON.string)), "exception_message": .string(failure.message + "\n"),
                "exception_type": .string(failure.type),
                "traceback": ["  File \"/sandbox/execution.py\", line 1, in execute\n"],
                "current_inputs": Self.inputs(of: call), "current_outputs": .array(all.map(JSON.string)),
                "timestamp": JSON(time),
            ], .owner(client))
    }

    /// Each input as a list, what came over a link as Python would print it.
    private static func inputs(of call: NodeCall) -> JSON {
        .object(
            JSONObject(
                call.inputs.map { name, input in
                    switch input {
                    case .literal(let value): (name, [value])
                    case .value(.pictures): (name, ["tensor([[[[0.0000, 0.0000, 0.0000]]]])"])
                    case .value(.text(let text)): (name, [.string(text)])
                    case .value(.integer(let number)): (name, [JSON(number)])
                    case .value(.token): (name, ["<comfy.sandbox.Token object at 0x7f0000000000>"])
                    }
                }))
    }
}

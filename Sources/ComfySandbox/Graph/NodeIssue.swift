import JSONText

/// One reason why a node was refused, in ComfyUI's shape.
struct NodeIssue: Sendable, Equatable {
    var type: String
    var message: String
    var details: String
    var extra: JSONObject

    var json: JSON {
        ["type": .string(type), "message": .string(message), "details": .string(details), "extra_info": .object(extra)]
    }

    static func missing(_ input: String) -> NodeIssue {
        NodeIssue(
            type: "required_input_missing", message: "Required input is missing", details: input,
            extra: ["input_name": .string(input)])
    }

    static func badLink(_ input: String, config: JSON, received: JSON) -> NodeIssue {
        NodeIssue(
            type: "bad_linked_input", message: "Bad linked input, must be a length-2 list of [node_id, slot_index]",
            details: input,
            extra: ["input_name": .string(input), "input_config": config, "received_value": received])
    }

    static func typeMismatch(_ input: InputDefinition, config: JSON, received: String, link: JSON) -> NodeIssue {
        NodeIssue(
            type: "return_type_mismatch", message: "Return type mismatch between linked nodes",
            details: "\(input.name), received_type(\(received)) mismatch input_type(\(input.typeName))",
            extra: [
                "input_name": .string(input.name), "input_config": config, "received_type": .string(received),
                "linked_node": link,
            ])
    }

    static func notConvertible(_ input: InputDefinition, config: JSON, value: JSON, why: String) -> NodeIssue {
        NodeIssue(
            type: "invalid_input_type",
            message: "Failed to convert an input value to a \(input.typeName) value",
            details: "\(input.name), \(PythonText.str(value)), \(why)",
            extra: [
                "input_name": .string(input.name), "input_config": config, "received_value": value,
                "exception_message": .string(why),
            ])
    }

    static func outOfRange(_ input: String, config: JSON, value: JSON, limit: JSON, isBelow: Bool) -> NodeIssue {
        NodeIssue(
            type: isBelow ? "value_smaller_than_min" : "value_bigger_than_max",
            message: "Value \(PythonText.str(value)) \(isBelow ? "smaller than min" : "bigger than max") of "
                + PythonText.str(limit),
            details: input,
            extra: ["input_name": .string(input), "input_config": config, "received_value": value])
    }

    /// ComfyUI spells a list out only up to 20 entries.
    static func notInList(_ input: String, config: JSON, value: JSON, choices: [String]) -> NodeIssue {
        let isLong = choices.count > 20
        let list = isLong ? "(list of length \(choices.count))" : PythonText.repr(.array(choices.map(JSON.string)))
        return NodeIssue(
            type: "value_not_in_list", message: "Value not in list",
            details: "\(input): '\(PythonText.str(value))' not in \(list)",
            extra: ["input_name": .string(input), "input_config": isLong ? .null : config, "received_value": value])
    }

    static func custom(_ input: String, _ what: String) -> NodeIssue {
        NodeIssue(
            type: "custom_validation_failed", message: "Custom validation failed for node",
            details: "\(input) - \(what)", extra: ["input_name": .string(input)])
    }

    static func exception(_ error: ValidationException) -> NodeIssue {
        NodeIssue(
            type: "exception_during_validation", message: "Exception when validating node", details: error.message,
            extra: ["exception_type": .string(error.type), "traceback": error.traceback])
    }

    static func innerException(_ error: ValidationException, input: String, config: JSON, link: JSON) -> NodeIssue {
        NodeIssue(
            type: "exception_during_inner_validation", message: "Exception when validating inner node",
            details: error.message,
            extra: [
                "input_name": .string(input), "input_config": config, "exception_message": .string(error.message),
                "exception_type": .string(error.type), "traceback": error.traceback, "linked_node": link,
            ])
    }
}

/// Where ComfyUI's own validation stumbles over a graph instead of refusing it.
struct ValidationException: Error {
    let type: String
    let message: String
    var traceback: JSON { ["  the sandbox has no Python to trace\n"] }

    static func keyError(_ key: JSON) -> ValidationException {
        ValidationException(type: "KeyError", message: PythonText.repr(key))
    }
    static let indexError = ValidationException(type: "IndexError", message: "tuple index out of range")
}

import JSONText

/// What validation made of a graph.
enum ValidationOutcome: Sendable {
    /// `outputs` will run; `nodeErrors` tells of outputs that were dropped.
    case accepted(graph: PromptGraph, outputs: [String], nodeErrors: JSONObject)
    /// The whole prompt is refused: the body of the 400.
    case refused(JSON)
}

/// Checks a graph as ComfyUI does before it queues it: each output node with all that feeds it.
struct GraphValidation {
    let catalogue: NodeCatalogue
    /// Whether `LoadImage` would find this file, such as "a.png" or "a.png [temp]".
    let fileExists: (String) -> Bool

    private var graph: PromptGraph
    private var results: [String: (isValid: Bool, issues: [NodeIssue])] = [:]
    /// The ids in the order in which they were judged.
    private var judged: [String] = []

    init(_ graph: PromptGraph, catalogue: NodeCatalogue, fileExists: @escaping (String) -> Bool) {
        self.graph = graph
        self.catalogue = catalogue
        self.fileExists = fileExists
    }

    /// - Parameter targets: `partial_execution_targets`; nil runs every output.
    static func run(
        _ graph: PromptGraph, targets: [String]?, catalogue: NodeCatalogue, fileExists: @escaping (String) -> Bool
    ) -> ValidationOutcome {
        var validation = GraphValidation(graph, catalogue: catalogue, fileExists: fileExists)
        return validation.run(targets: targets)
    }

    private mutating func run(targets: [String]?) -> ValidationOutcome {
        for id in graph.ids {
            guard let name = graph.classType(of: id) else {
                return Self.invalid("Cannot execute because a node is missing the class_type property.", id)
            }
            if catalogue.definition(name, in: graph, id: id) == nil {
                return Self.invalid("Cannot execute because node \(name) does not exist.", id)
            }
        }
        let outputs = graph.ids.filter { id in
            definition(of: id)?.isOutput == true && targets.map { $0.contains(id) } ?? true
        }
        guard !outputs.isEmpty else { return .refused(Self.error("prompt_no_outputs", "Prompt has no outputs", "")) }
        return judge(outputs)
    }

    private mutating func judge(_ outputs: [String]) -> ValidationOutcome {
        var good: [String] = []
        var ownIssues: [NodeIssue] = []
        var nodeErrors = JSONObject()
        for output in outputs {
            // ComfyUI recurses until Python stops it, and then knows no reason.
            if graph.reachesCycle(from: output) { continue }
            let issues = judgeOutput(output)
            if results[output]?.isValid == true {
                good.append(output)
            } else {
                ownIssues += issues
                addFailures(to: &nodeErrors, for: output)
            }
        }
        guard good.isEmpty else { return .accepted(graph: graph, outputs: good, nodeErrors: nodeErrors) }
        let details = ownIssues.map { "\($0.message): \($0.details)" }.joined(separator: "\n")
        return .refused(
            Self.error("prompt_outputs_failed_validation", "Prompt outputs failed validation", details, nodeErrors))
    }

    /// The output's own issues; those of the nodes that feed it stand in `results`.
    private mutating func judgeOutput(_ id: String) -> [NodeIssue] {
        do {
            try judge(id)
        } catch {
            record(id, false, [.exception(error)])
        }
        return results[id]?.issues ?? []
    }

    private func addFailures(to nodeErrors: inout JSONObject, for output: String) {
        for id in judged {
            guard let result = results[id], !result.isValid, !result.issues.isEmpty else { continue }
            var entry =
                nodeErrors[id]?.object
                ?? [
                    "errors": .array(result.issues.map(\.json)), "dependent_outputs": [],
                    "class_type": .string(graph.classType(of: id) ?? ""),
                ]
            entry["dependent_outputs"] = .array((entry["dependent_outputs"]?.array ?? []) + [.string(output)])
            nodeErrors[id] = .object(entry)
        }
    }

    // MARK: One node

    private func definition(of id: String) -> NodeDefinition? {
        graph.classType(of: id).flatMap { catalogue.definition($0, in: graph, id: id) }
    }

    private mutating func record(_ id: String, _ isValid: Bool, _ issues: [NodeIssue]) {
        if results.updateValue((isValid, issues), forKey: id) == nil { judged.append(id) }
    }

    private mutating func judge(_ id: String) throws(ValidationException) {
        if results[id] != nil { return }
        guard let definition = definition(of: id) else { throw .keyError(.string(id)) }
        guard let inputs = graph.inputs(of: id) else { throw .keyError("inputs") }
        var isValid = true
        var issues: [NodeIssue] = []
        for input in definition.isUnchecked ? Self.anyInputs(inputs) : definition.inputs {
            guard let value = inputs[input.name] else {
                if !input.isOptional { issues.append(.missing(input.name)) }
                continue
            }
            if case .array(let parts) = value {
                isValid = try judgeLink(parts, of: input, into: &issues) && isValid
            } else if !definition.isUnchecked {
                judgeValue(value, of: input, id: id, into: &issues)
            }
        }
        record(id, isValid && issues.isEmpty, issues)
    }

    /// The links of a class that nobody has defined; everything else in it passes.
    private static func anyInputs(_ inputs: JSONObject) -> [InputDefinition] {
        inputs.filter { Link($0.value) != nil }.map { InputDefinition(name: $0.key, kind: .link("*")) }
    }

    /// Whether what stands behind the link is valid; issues with the link itself go into `issues`.
    private mutating func judgeLink(
        _ parts: [JSON], of input: InputDefinition, into issues: inout [NodeIssue]
    ) throws(ValidationException) -> Bool {
        let config = input.config(catalogue.lists)
        guard parts.count == 2 else {
            issues.append(.badLink(input.name, config: config, received: .array(parts)))
            return true
        }
        guard let source = parts[0].string, let from = definition(of: source) else { throw .keyError(parts[0]) }
        if !from.isUnchecked {
            guard let slot = parts[1].int, slot < from.outputs.count, slot >= -from.outputs.count else {
                throw .indexError
            }
            let type = from.outputs[slot < 0 ? slot + from.outputs.count : slot]
            guard Self.fits(type, input) else {
                issues.append(.typeMismatch(input, config: config, received: type, link: .array(parts)))
                return true
            }
        }
        do throws(ValidationException) {
            try judge(source)
        } catch {
            record(source, false, [.innerException(error, input: input.name, config: config, link: .array(parts))])
        }
        return results[source]?.isValid ?? false
    }

    private static func fits(_ type: String, _ input: InputDefinition) -> Bool {
        if case .choice = input.kind { return ["COMBO", "STRING", "*"].contains(type) }
        return type == "*" || input.typeName == "*" || type == input.typeName
    }

    /// Checks a literal, and writes what it was coerced to back into the graph.
    private mutating func judgeValue(
        _ value: JSON, of input: InputDefinition, id: String, into issues: inout [NodeIssue]
    ) {
        let value = value["__value__"] ?? value
        let check = LiteralCheck(input: input, lists: catalogue.lists, fileExists: fileExists)
        let (coerced, found) = check.run(value)
        issues += found
        graph.setInput(input.name, of: id, to: coerced)
    }

    // MARK: Answers

    static func error(
        _ type: String, _ message: String, _ details: String, _ nodeErrors: JSONObject = [:]
    ) -> JSON {
        [
            "error": [
                "type": .string(type), "message": .string(message), "details": .string(details), "extra_info": [:],
            ],
            "node_errors": .object(nodeErrors),
        ]
    }

    private static func invalid(_ message: String, _ id: String) -> ValidationOutcome {
        .refused(error("invalid_prompt", message, "Node ID '#\(id)'"))
    }
}

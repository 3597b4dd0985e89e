import JSONText

/// Every node class and model that the sandbox has at one moment.
struct NodeCatalogue: Sendable {
    let core: [String: NodeDefinition]
    /// Classes that only the workflow folder names.
    let extra: [String: NodeDefinition]
    let lists: ChoiceLists
    private let order: [String]

    init(workflows: WorkflowNames = WorkflowNames(), inputFiles: [String] = []) {
        let definitions = NodeTable.parse(CoreNodes.all)
        core = Dictionary(definitions.map { ($0.name, $0) }) { first, _ in first }
        let names = workflows.classes.keys.filter { !definitions.map(\.name).contains($0) }.sorted()
        extra = Dictionary(uniqueKeysWithValues: names.map { ($0, Self.standIn($0, workflows.classes[$0])) })
        order = definitions.map(\.name) + names
        lists = ChoiceLists(models: ModelLists.all(with: workflows.models), inputFiles: inputFiles)
    }

    /// The class as this node of a graph uses it. A class that is known by its name alone ends a graph where nobody
    /// uses what it makes.
    func definition(_ name: String, in graph: PromptGraph, id: String) -> NodeDefinition? {
        if let definition = core[name] { return definition }
        guard var definition = extra[name] else { return nil }
        if !definition.isOutput {
            definition.isOutput = !graph.ids.contains { other in graph.links(of: other).contains { $0.link.node == id }
            }
        }
        return definition
    }

    /// `GET /object_info`.
    var objectInfo: JSON {
        .object(
            JSONObject(order.compactMap { name in definition(named: name).map { (name, $0.objectInfo(lists: lists)) } })
        )
    }

    /// `GET /object_info/{name}`: `{}` for a class that is not there.
    func objectInfo(of name: String) -> JSON {
        guard let definition = definition(named: name) else { return [:] }
        return .object([name: definition.objectInfo(lists: lists)])
    }

    private func definition(named name: String) -> NodeDefinition? { core[name] ?? extra[name] }

    private static func standIn(_ name: String, _ use: WorkflowNames.Use?) -> NodeDefinition {
        let inputs = (use?.inputs ?? []).map { InputDefinition(name: $0, kind: .link("*"), isOptional: true) }
        let isOutput = name.hasPrefix("Save") || name.hasPrefix("Preview") || use?.isFed == false
        return NodeDefinition(
            name: name, displayName: name, category: "sandbox/stand-in", inputs: inputs,
            outputs: Array(repeating: "*", count: max(use?.slots ?? 1, isOutput ? 0 : 1)), isOutput: isOutput,
            isUnchecked: true)
    }
}

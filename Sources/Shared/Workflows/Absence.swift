internal import JSONText

/// What becomes of an optional branch of a graph when its parameter is absent: a node goes.
public struct Absence: Sendable, Hashable {
    /// The node that goes.
    public var node: String
    /// By output: the node's input that takes its place, as in ComfyUI's bypass. Empty when what hangs on the node
    /// goes without it.
    public var bypass: [String]
    /// The place in a list parameter whose absence counts; nil for the parameter as a whole.
    public var element: Int?

    /// Reads an entry of a parameter's `absent`.
    init?(reading entry: inout MemberReader, isList: Bool, graph: Graph) {
        guard let node = entry.requiredString("node") else { return nil }
        self.node = node
        element = entry.count("element")
        bypass = (entry.array("bypass") ?? []).compactMap(\.string)
        guard graph.classType(of: node) != nil else {
            entry.fault(["node"], "names node \(node), which is not in the graph")
            return nil
        }
        for input in bypass where graph.input(input, of: node).flatMap(Graph.source(ofLink:)) == nil {
            entry.fault(["bypass"], "names the input \(input), which no other node feeds")
        }
        if !isList, element != nil { entry.fault(["element"], "is given, but the parameter is no list") }
    }

    /// Whether it applies to a parameter's value.
    func applies(to value: JSON?) -> Bool {
        guard let value else { return true }
        return element.map { value[$0] == nil } ?? false
    }
}

internal import JSONText

/// Follows an input back to the literal that decides it.
struct LiteralSearch {
    let map: GraphMap

    /// Nodes that only hand a value on are followed so far.
    private static let depth = 32
    /// How the nodes that hold a plain number name it.
    private static let valueNames = ["value", "seed", "noise_seed", "int", "float", "number", "Value", "Number", "INT"]

    /// The literal number or choice behind an input: its own, or that of the plain value node that feeds it.
    ///
    /// - Parameter fits: whether a literal is of the sort that is looked for.
    func target(_ input: String, of node: String, where fits: (JSON) -> Bool) -> Manifest.Target? {
        var (node, input) = (node, input)
        for _ in 0..<Self.depth {
            if let value = map.literal(input, of: node) {
                return fits(value) ? Manifest.Target(node: node, input: input) : nil
            }
            guard let link = map.link(input, of: node) else { return nil }
            guard let next = valueInput(of: link.node, where: fits) else { return nil }
            (node, input) = (link.node, next)
        }
        return nil
    }

    /// The input of a value node, or of one that hands on the one thing that it gets.
    private func valueInput(of node: String, where fits: (JSON) -> Bool) -> String? {
        let links = map.links(of: node)
        let literals = map.literals(of: node)
        guard links.isEmpty else { return links.count == 1 && literals.isEmpty ? links[0].name : nil }
        let fitting = literals.filter { fits($0.value) }
        if literals.count == 1 { return fitting.first?.name }
        return fitting.first { Self.valueNames.contains($0.name) }?.name
    }

    static func isNumber(_ value: JSON) -> Bool {
        value.double != nil
    }

    static func isText(_ value: JSON) -> Bool {
        value.string != nil
    }
}

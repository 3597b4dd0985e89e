internal import JSONText

/// Follows a text input back to where the text is written: nodes that hold, join or show texts.
struct TextSearch {
    let map: GraphMap
    let side: PromptSide

    private static let depth = 32
    private static let main = [
        "text", "string", "value", "prompt", "Text", "wildcard_text", "string_a", "text_a", "text1",
    ]
    private static let linkParts = ["text", "string", "prompt", "value", "input", "any"]

    /// The literals that decide an input, several where a text is joined of parts; none where something else makes it.
    func targets(_ input: String, of node: String, depth: Int = Self.depth) -> [Manifest.Target] {
        if map.literal(input, of: node)?.string != nil { return [Manifest.Target(node: node, input: input)] }
        guard depth > 0, let link = map.link(input, of: node) else { return [] }
        return targets(heldBy: link.node, depth: depth - 1)
    }

    private func targets(heldBy node: String, depth: Int) -> [Manifest.Target] {
        guard !makesTexts(node) else { return [] }
        var found: [Manifest.Target] = []
        for (name, _) in map.links(of: node) where carriesText(name) && !side.excludes(name) {
            for target in targets(name, of: node, depth: depth) where !found.contains(target) { found.append(target) }
        }
        if !found.isEmpty { return found }
        return (literal(of: node)).map { [Manifest.Target(node: node, input: $0)] } ?? []
    }

    /// Which of a node's literals is its text.
    private func literal(of node: String) -> String? {
        let texts = map.literals(of: node).filter { $0.value.string != nil && !isChoice($0.name, of: node) }
            .map(\.name).filter { !side.excludes($0) }
        if let own = map.textInputs(of: node, for: side).first(where: texts.contains) { return own }
        if let main = Self.main.first(where: texts.contains) { return main }
        return map.links(of: node).isEmpty && texts.count == 1 ? texts[0] : nil
    }

    private func isChoice(_ name: String, of node: String) -> Bool {
        if case .choice = map.known(name, of: node)?.kind { true } else { false }
    }

    /// A node that writes a text of its own: about a picture, or with a language model.
    private func makesTexts(_ node: String) -> Bool {
        let literals = map.literals(of: node).map { $0.name.lowercased() }
        let signs = ["model", "temperature", "max_tokens", "api_key"]
        return map.links(of: node).contains { !carriesText($0.name) && $0.name.lowercased().contains("image") }
            || literals.contains { name in signs.contains { name.contains($0) } }
    }

    private func carriesText(_ name: String) -> Bool {
        name.isEmpty || Self.linkParts.contains { name.lowercased().contains($0) }
    }
}

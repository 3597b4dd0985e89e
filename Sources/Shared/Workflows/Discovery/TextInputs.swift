internal import JSONText

/// Which side of a sampler a text is for.
enum PromptSide {
    case positive, negative

    /// Inputs that hold a text for this side alone.
    fileprivate var names: [String] {
        switch self {
        case .positive: ["positive_prompt", "text_positive", "positive", "pos_prompt", "positive_text", "a_prompt"]
        case .negative: ["negative_prompt", "text_negative", "negative", "neg_prompt", "negative_text", "n_prompt"]
        }
    }

    private var opposite: PromptSide { self == .positive ? .negative : .positive }

    /// Whether a name says that it is for the other side.
    func excludes(_ name: String) -> Bool { opposite.names.contains(name) }
}

extension GraphMap {
    /// How nodes name a text that is meant for a model.
    private static let textNames = [
        "text", "prompt", "clip_l", "clip_g", "t5xxl", "text_g", "text_l", "llama", "bert", "mt5xl", "wildcard_text",
        "populated_text", "tags", "string", "Text", "user_prompt",
    ]

    /// The inputs of a node that hold a text or get one over a link, those for the side alone if there are any.
    func textInputs(of id: String, for side: PromptSide) -> [String] {
        let own = side.names.filter { literal($0, of: id)?.string != nil || isLinkedText($0, of: id) }
        if !own.isEmpty { return own }
        let named = Self.textNames.filter { literal($0, of: id)?.string != nil || link($0, of: id) != nil }
            .filter { isText($0, of: id) }
        if !named.isEmpty { return named }
        // A list tells of texts under any name: the large ones are prompts.
        return literals(of: id).map(\.name).filter { name in
            !side.excludes(name) && known(name, of: id)?.kind == .text(isMultiline: true)
        }
    }

    /// `positive` is a text in one node and conditioning in another, so a link counts only where the list says so.
    private func isLinkedText(_ name: String, of id: String) -> Bool {
        guard link(name, of: id) != nil else { return false }
        if case .text = known(name, of: id)?.kind { return true }
        return name.hasSuffix("_prompt") || name.hasPrefix("text_")
    }

    private func isText(_ name: String, of id: String) -> Bool {
        guard let known = known(name, of: id) else { return true }
        if case .text = known.kind { return true }
        return known.kind == .link("*")
    }
}

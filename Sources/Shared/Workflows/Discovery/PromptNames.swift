internal import JSONText

/// Names the texts of a graph's samplers.
struct PromptNames {
    private let map: GraphMap
    private(set) var parameters: [FoundParameter] = []

    init(_ map: GraphMap, samplers: [String]) {
        self.map = map
        let positive = Self.gather(samplers, .positive, map)
        let taken = Set(positive.flatMap(\.self))
        // Guidance distillation needs no negative side, so some graphs lead both sides to one text.
        let negative = Self.gather(samplers, .negative, map)
            .map { $0.filter { !taken.contains($0) } }.filter { !$0.isEmpty }
        name(positive, "prompt")
        name(negative, "negative_prompt")
    }

    /// The texts of the first sampler that has any; those of later ones where they are the same, word for word.
    private static func gather(_ samplers: [String], _ side: PromptSide, _ map: GraphMap) -> [[Manifest.Target]] {
        var found: [[Manifest.Target]] = []
        for sampler in samplers {
            let texts = PromptSearch(map, of: sampler, side).texts
            if found.isEmpty {
                for group in texts { Self.join(group, to: &found, orAppend: true, map) }
            } else {
                for group in texts { Self.join(group, to: &found, orAppend: false, map) }
            }
        }
        return found
    }

    private static func join(
        _ group: [Manifest.Target], to found: inout [[Manifest.Target]], orAppend: Bool, _ map: GraphMap
    ) {
        let words = Set(group.compactMap { map.value(at: $0) })
        let place = found.firstIndex { known in
            !Set(known).isDisjoint(with: group) || Set(known.compactMap { map.value(at: $0) }) == words
        }
        if let place {
            found[place] += group.filter { !found[place].contains($0) }
        } else if orAppend {
            found.append(group)
        }
    }

    /// Texts that differ are parameters of their own: `prompt`, `prompt_2`.
    private mutating func name(_ groups: [[Manifest.Target]], _ name: String) {
        for (place, group) in groups.enumerated() {
            parameters.append(FoundParameter(name: place == 0 ? name : "\(name)_\(place + 1)", targets: group))
        }
    }
}

internal import JSONText

/// Finds the nodes that sample, and their settings, which may lie in nodes of their own (`BasicScheduler`,
/// `KSamplerSelect`, `RandomNoise`, `CFGGuider`).
struct SamplerSearch {
    let map: GraphMap
    /// The samplers in the order in which they run; those that could run side by side in the order of their ids.
    let samplers: [String]

    init(_ map: GraphMap) {
        self.map = map
        let found = map.ids.filter { Self.isSampler($0, map) }
        let depths = Dictionary(
            uniqueKeysWithValues: found.map { id in
                (id, GraphMap.ancestors(of: [id], in: map.graph).intersection(found).count)
            })
        // The sort keeps no order of its own between equals, so the ids decide.
        samplers = found.sorted { one, other in
            let (first, second) = (depths[one] ?? 0, depths[other] ?? 0)
            return first == second ? NodeID.precedes(one, other) : first < second
        }
    }

    /// A sampler is known by what it takes, since packs have samplers under names of their own.
    private static func isSampler(_ id: String, _ map: GraphMap) -> Bool {
        let inputs = map.inputs(of: id)
        let hasSeed = inputs.contains("seed") || inputs.contains("noise_seed")
        if hasSeed, inputs.contains("steps") || inputs.contains("sigmas") { return true }
        return map.link("guider", of: id) != nil && (inputs.contains("noise") || inputs.contains("sigmas"))
    }

    /// Where a setting of the first sampler that has it literally can be put.
    func setting(_ name: String, where fits: (JSON) -> Bool) -> Manifest.Target? {
        samplers.first.flatMap { target([name], of: $0, where: fits) }
    }

    /// Every literal that decides a sampler's noise.
    var seeds: [Manifest.Target] {
        var seen: Set<Manifest.Target> = []
        return samplers.compactMap { target(["seed", "noise_seed"], of: $0, where: LiteralSearch.isNumber) }
            .filter { seen.insert($0).inserted }
    }

    /// Looks at the sampler, then at the nodes that hold its settings, nearest first.
    private func target(_ names: [String], of sampler: String, where fits: (JSON) -> Bool) -> Manifest.Target? {
        let search = LiteralSearch(map: map)
        for node in holders(of: sampler) {
            for name in names where map.inputs(of: node).contains(name) {
                return search.target(name, of: node, where: fits)
            }
        }
        return nil
    }

    private static let settingLinks: Set<String> = [
        "noise", "sigmas", "sampler", "guider", "scheduler", "settings", "options", "sampler_settings",
        "scheduler_settings",
    ]

    private func holders(of sampler: String) -> [String] {
        var found = [sampler]
        var place = 0
        while place < found.count {
            for (name, link) in map.links(of: found[place])
            where Self.settingLinks.contains(name) && !found.contains(link.node) {
                found.append(link.node)
            }
            place += 1
        }
        return found
    }
}

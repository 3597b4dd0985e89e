internal import JSONText

/// Finds where a graph says how large its picture is, and how many are made at once.
struct SizeSearch {
    let map: GraphMap
    /// The node that makes the empty picture.
    private let node: String?

    init(_ map: GraphMap, samplers: [String]) {
        self.map = map
        let behind = samplers.first.map { GraphMap.ancestors(of: [$0], in: map.graph) } ?? []
        let makers = map.ids.filter { Self.makesSize($0, map) }
        let ranked = makers.filter { map.inputs(of: $0).contains("batch_size") } + makers
        node = ranked.first(where: behind.contains) ?? ranked.first
    }

    private static let widths = ["width", "empty_latent_width"]
    private static let heights = ["height", "empty_latent_height"]

    /// With a picture or a latent going in, the numbers say how that is changed; except where a video begins with it.
    private static func makesSize(_ id: String, _ map: GraphMap) -> Bool {
        let inputs = map.inputs(of: id)
        guard widths.contains(where: inputs.contains), heights.contains(where: inputs.contains) else { return false }
        if inputs.contains("empty_latent_width") { return true }
        if inputs.contains("length"), map.link("positive", of: id) != nil { return true }
        let links = map.links(of: id).map(\.name)
        let changed = ["image", "latent", "samples", "pixels", "mask", "clip", "model", "conditioning", "positive"]
        return !links.contains { name in changed.contains { name.hasPrefix($0) } }
    }

    var width: [Manifest.Target] { targets(Self.widths) }
    var height: [Manifest.Target] { targets(Self.heights) }

    var batchSize: Manifest.Target? {
        node.flatMap { LiteralSearch(map: map).target("batch_size", of: $0, where: LiteralSearch.isNumber) }
    }

    /// The size itself, and the same number in nodes that shift the noise for it.
    private func targets(_ names: [String]) -> [Manifest.Target] {
        let search = LiteralSearch(map: map)
        guard let node, let name = names.first(where: map.inputs(of: node).contains),
            let main = search.target(name, of: node, where: LiteralSearch.isNumber)
        else { return [] }
        let others = map.ids.filter { ["ModelSamplingFlux", "Flux2Scheduler"].contains(map.classType(of: $0)) }
            .compactMap { search.target(names[0], of: $0, where: LiteralSearch.isNumber) }
            .filter { $0 != main && map.value(at: $0) == map.value(at: main) }
        return [main] + others
    }
}

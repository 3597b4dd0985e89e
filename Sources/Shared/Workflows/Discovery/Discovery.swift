internal import JSONText

/// Finds the parameters of a graph that has no manifest, under fixed names, so that an export is an API at once.
///
/// `prompt` and `negative_prompt` are the texts on the sampler's two sides, `seed`, `steps`, `cfg`, `sampler_name`,
/// `scheduler` and `denoise` its settings, `width`, `height` and `batch_size` the empty picture's; `image`, `image_2`…
/// and `mask` are loaded pictures, `audio` and `video` loaded sounds and films. A node whose title begins with `$` names its own. The graph's values are the
/// defaults; model files are left as they are.
struct Discovery {
    private let map: GraphMap
    private var parameters: [FoundParameter] = []
    /// What keeps the graph from being used as it was meant, a sentence each.
    private(set) var faults: [String] = []

    /// - Parameter nodes: what ComfyUI knows of its nodes: it adds ranges and choices.
    init(graph: Graph, nodes: NodeList? = nil) {
        map = GraphMap(graph, nodes: nodes)
        let titles = TitleNames(map)
        faults = titles.faults
        find(titles.parameters)
    }

    /// The manifest, and what is wrong with it for this graph.
    var manifest: (manifest: Manifest, faults: [DocumentFault]) {
        Manifest.read(json, for: map.graph)
    }

    /// The manifest as its file would be.
    var json: JSON {
        let properties = parameters.map { ($0.name, $0.json(map)) }
        let required = parameters.filter { $0.upload != nil }.map { JSON.string($0.name) }
        return [
            "parameters": [
                "type": "object", "properties": .object(JSONObject(properties)), "required": .array(required),
            ],
            "outputs": .array(map.outputs.map(JSON.string)),
        ]
    }

    private mutating func find(_ titled: [FoundParameter]) {
        let claimed = Set(titled.flatMap(\.targets))
        let names = Set(titled.map(\.name))
        for var found in fixedNames() where !names.contains(found.name) {
            found.targets.removeAll(where: claimed.contains)
            if !found.targets.isEmpty { parameters.append(found) }
        }
        parameters += titled
    }

    private func fixedNames() -> [FoundParameter] {
        let search = SamplerSearch(map)
        let pictures = PictureSearch(map)
        let size = SizeSearch(map, samplers: search.samplers)
        var found = PromptNames(map, samplers: search.samplers).parameters
        if search.samplers.isEmpty { found += texts() }
        found += numbered("image", pictures.images, .image) + numbered("mask", pictures.masks, .image)
        found += numbered("audio", pictures.sounds, .audio) + numbered("video", pictures.films, .video)
        func add(_ name: String, _ targets: [Manifest.Target]) {
            if !targets.isEmpty { found.append(FoundParameter(name: name, targets: targets)) }
        }
        func setting(_ name: String, _ fits: (JSON) -> Bool) -> [Manifest.Target] {
            search.setting(name, where: fits).map { [$0] } ?? []
        }
        add("seed", search.seeds)
        for name in ["steps", "cfg"] { add(name, setting(name, LiteralSearch.isNumber)) }
        for name in ["sampler_name", "scheduler"] { add(name, setting(name, LiteralSearch.isText)) }
        add("denoise", setting("denoise", LiteralSearch.isNumber))
        add("width", size.width)
        add("height", size.height)
        add("batch_size", size.batchSize.map { [$0] } ?? [])
        return found
    }

    private func numbered(
        _ name: String, _ targets: [Manifest.Target], _ upload: ValueSchema.Format
    ) -> [FoundParameter] {
        targets.enumerated().map { place, target in
            FoundParameter(name: place == 0 ? name : "\(name)_\(place + 1)", targets: [target], upload: upload)
        }
    }

    /// What a graph with no sampler reads out or writes down.
    private func texts() -> [FoundParameter] {
        let search = TextSearch(map: map, side: .positive)
        var targets: [Manifest.Target] = []
        for id in map.ids {
            for input in map.textInputs(of: id, for: .positive) {
                for target in search.targets(input, of: id) where !targets.contains(target) { targets.append(target) }
            }
        }
        let held = map.ids.filter { map.links(of: $0).isEmpty && map.classType(of: $0).hasPrefix("PrimitiveString") }
            .map { Manifest.Target(node: $0, input: "value") }
            .filter { !targets.contains($0) && map.value(at: $0)?.string != nil }
        return (targets + held).enumerated().map { place, target in
            FoundParameter(name: place == 0 ? "text" : "text_\(place + 1)", targets: [target])
        }
    }
}

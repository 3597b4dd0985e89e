internal import JSONText

/// Parameters that the graph names itself: a node titled `$strength` is the parameter `strength`, and one titled
/// `$look.strength_model` picks the input.
struct TitleNames {
    private(set) var parameters: [FoundParameter] = []
    /// Titles that cannot be followed, a sentence each.
    private(set) var faults: [String] = []

    init(_ map: GraphMap) {
        for id in map.ids {
            guard let title = map.graph.json[id]?["_meta"]?["title"]?.string, let (name, input) = Self.parse(title)
            else {
                continue
            }
            take(name, Self.targets(of: id, input, map), id, input, map)
        }
    }

    private mutating func take(
        _ name: String, _ targets: [Manifest.Target], _ id: String, _ input: String?, _ map: GraphMap
    ) {
        guard !targets.isEmpty else {
            return faults.append(Self.fault(name, id, input, map.literals(of: id).map(\.name)))
        }
        let upload = targets.lazy.compactMap { PictureSearch.upload($0.input, of: $0.node, map) }.first
        if let place = parameters.firstIndex(where: { $0.name == name }) {
            parameters[place].targets += targets
        } else {
            parameters.append(FoundParameter(name: name, targets: targets, upload: upload))
        }
    }

    /// `$name` or `$name.input`, up to the first blank; nil when it is no name: `$5`.
    private static func parse(_ title: String) -> (name: String, input: String?)? {
        guard title.hasPrefix("$") else { return nil }
        let word = title.dropFirst().prefix { !$0.isWhitespace }
        let parts = word.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, let first = name.first, first == "_" || first.isLetter, first.isASCII,
            name.count <= 64, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        else { return nil }
        return (String(name), parts.count == 2 ? String(parts[1]) : nil)
    }

    /// What is taken for a node's main input, in this order, when it has several literals.
    private static let main = [
        "value", "image", "audio", "file", "seed", "noise_seed", "strength", "strength_model", "width",
    ]

    private static func targets(of id: String, _ input: String?, _ map: GraphMap) -> [Manifest.Target] {
        // Where files go is not a client's to say.
        let names = map.literals(of: id).map(\.name).filter { $0 != "filename_prefix" }
        if let input { return names.contains(input) ? [Manifest.Target(node: id, input: input)] : [] }
        if names.count == 1 { return [Manifest.Target(node: id, input: names[0])] }
        let texts = map.textInputs(of: id, for: .positive).filter(names.contains)
        let chosen = texts.isEmpty ? main.first(where: names.contains).map { [$0] } ?? [] : texts
        return chosen.map { Manifest.Target(node: id, input: $0) }
    }

    private static func fault(_ name: String, _ id: String, _ input: String?, _ names: [String]) -> String {
        if let input { return "node \(id) is titled $\(name).\(input), but has no such input with a value of its own" }
        if names.isEmpty { return "node \(id) is titled $\(name), but every input of it comes from another node" }
        return "node \(id) is titled $\(name), but has several inputs: title it "
            + names.prefix(6).map { "$\(name).\($0)" }.joined(separator: " or ")
    }
}

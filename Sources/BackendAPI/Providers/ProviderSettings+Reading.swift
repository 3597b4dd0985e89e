import JSONText
import Operations

extension SettingsReader {
    /// Providers in an order, with commas between.
    func providers(_ key: String, default fallback: [ProviderName], _ about: String) -> [ProviderName] {
        value(
            key, default: fallback, defaultText: fallback.map(\.rawValue).joined(separator: ","),
            allowed: "one or more of \(ProviderName.allCases.map(\.rawValue).joined(separator: ", ")), each once",
            about: about
        ) { text in
            let parts = text.split(separator: ",").map(Self.bare)
            let names = parts.compactMap { ProviderName(rawValue: $0.lowercased()) }
            guard !names.isEmpty, names.count == parts.count, Set(names).count == names.count else { return nil }
            return names
        }
    }

    /// A text that is never shown, under either of two names.
    func secret(_ key: String, or other: String, _ about: String) -> Secret? {
        value(key, or: other, default: nil, defaultText: nil, secret: true, allowed: "a text", about: about) {
            Secret($0)
        }
    }

    func spacesURL() -> String {
        let usual = "https://{owner}-{name}.hf.space"
        return value(
            "HUGGINGFACE_SPACES_URL", default: usual, defaultText: usual,
            allowed: "an http:// or https:// address with {owner} and {name} in it", about: "where a Space is"
        ) { text in
            let text = Self.bare(text[...])
            let isAddress = text.hasPrefix("https://") || text.hasPrefix("http://")
            return isAddress && text.contains("{owner}") && text.contains("{name}") ? text : nil
        }
    }

    /// The table of models with what the settings say of versions, prices and Spaces.
    func models(_ table: [ProviderModel]) -> [ProviderModel] {
        let (versions, prices) = (replicateVersions(table), providerPrices(table))
        let spaces: [ProviderJob.Kind: SpaceSetting] = [
            .hdImage: space("HUGGINGFACE_SPACE_HD_IMAGE", default: "akhaliq/Real-ESRGAN predict [\"$image\",\"base\"]"),
            .cartoonify: space("HUGGINGFACE_SPACE_CARTOONIFY", default: "PKUWilliamYang/VToonify predict [\"$image\"]"),
        ].compactMapValues { $0 }
        return table.map { model in
            var model = model
            if model.provider == .replicate, let version = versions[model.model] { model.version = version }
            if let price = prices["\(model.provider.rawValue)/\(model.kind.name)"] { model.price = price }
            if model.way == .space, let space = spaces[model.kind] {
                (model.model, model.api, model.inputs) = (space.id, space.api, space.inputs)
            }
            return model
        }
    }

    private func replicateVersions(_ table: [ProviderModel]) -> [String: String] {
        let known = Set(table.filter { $0.version != nil }.map(\.model))
        return value(
            "REPLICATE_VERSIONS", default: [:], defaultText: nil,
            allowed: "owner/name:version with commas between, of \(known.sorted().joined(separator: ", "))",
            about: "other versions of Replicate's models"
        ) { text in
            Self.pairs(text, separator: ":") { model, version in
                known.contains(model) && version.utf8.count == 64
                    && version.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
                    ? version : nil
            }
        }
    }

    private func providerPrices(_ table: [ProviderModel]) -> [String: Double] {
        let known = Set(table.map { "\($0.provider.rawValue)/\($0.kind.name)" })
        return value(
            "PROVIDER_PRICES", default: [:], defaultText: nil,
            allowed: "provider/kind=dollars with commas between, such as fal/identity_speed=0.025",
            about: "what one success costs, in dollars"
        ) { text in
            Self.pairs(text, separator: "=") { name, price in
                guard known.contains(name), let price = Double(price), price.isFinite, price >= 0 else { return nil }
                return price
            }
        }
    }

    private func space(_ key: String, default usual: String) -> SpaceSetting? {
        value(
            key, default: SpaceSetting(usual), defaultText: usual,
            allowed: "owner/name, the function's name, and its inputs as a JSON list with \"$image\" for the picture",
            about: "the Space, its function and its inputs"
        ) { SpaceSetting($0) }
    }

    private static func pairs<Value>(
        _ text: String, separator: Character, _ read: (String, String) -> Value?
    ) -> [String: Value]? {
        var pairs: [String: Value] = [:]
        for part in text.split(separator: ",") {
            let sides = part.split(separator: separator, maxSplits: 1).map(bare)
            guard sides.count == 2, let value = read(sides[0], sides[1]) else { return nil }
            pairs[sides[0]] = value
        }
        return pairs
    }

    private static func bare(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}

/// A Space as a setting has it: `owner/name function ["$image",2]`. Function and inputs may be left out.
struct SpaceSetting: Sendable, Equatable {
    var id: String
    var api = "predict"
    var inputs: [JSON] = ["$image"]

    init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        guard let first = parts.first, HubName.isModel(String(first)) else { return nil }
        id = String(first)
        if parts.count > 1 {
            api = String(parts[1].drop { $0 == "/" })
            guard HubName.isPart(api) else { return nil }
        }
        if parts.count > 2 {
            guard let inputs = (try? JSON(parsing: String(parts[2])))?.array else { return nil }
            self.inputs = inputs
        }
    }
}

/// Names on Hugging Face's hub, which become parts of paths.
enum HubName {
    /// Whether it is "owner/name".
    static func isModel(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { isPart(String($0)) }
    }

    /// Letters, digits, "-", "_" and ".", not beginning with a dot.
    static func isPart(_ text: String) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "."), text.utf8.count <= 96 else { return false }
        return text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-_.".utf8.contains(byte)
        }
    }
}

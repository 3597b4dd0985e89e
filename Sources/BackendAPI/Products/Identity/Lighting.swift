import JSONText
import Workflows

/// `lighting_params` of a portrait, as words for its prompt.
struct Lighting: Sendable, Equatable {
    var direction: String?
    var ambient: String?
    /// In kelvin.
    var temperature: Double?

    static let temperatures = 1000.0...12_000.0
    private static let longestWord = 60

    /// Reads the object and notes its faults.
    init(_ value: JSON?, _ faults: inout [Fault]) {
        self.init()
        read(value, &faults)
    }

    private init() {}

    private mutating func read(_ value: JSON?, _ faults: inout [Fault]) {
        guard let value, !value.isNull else { return }
        let place: [JSONPathElement] = ["body", "lighting_params"]
        guard value.object != nil else {
            return faults.append(
                Fault(type: "dict_type", loc: place, msg: "Input should be a valid dictionary", input: value))
        }
        direction = Self.word("direction", value, place, &faults)
        ambient = Self.word("ambient", value, place, &faults)
        guard let given = value["temperature"], !given.isNull else { return }
        let loc = place + [.member("temperature")]
        guard let kelvin = given.double else { return faults.append(.wrongType(.number, loc, input: given)) }
        guard Self.temperatures.contains(kelvin) else {
            return faults.append(.valueError(loc, "it must be between 1000 and 12000 kelvin", input: given))
        }
        temperature = kelvin
    }

    private static func word(
        _ name: String, _ value: JSON, _ place: [JSONPathElement], _ faults: inout [Fault]
    ) -> String? {
        guard let given = value[name], !given.isNull else { return nil }
        let loc = place + [.member(name)]
        guard let text = given.string else {
            faults.append(.wrongType(.string, loc, input: given))
            return nil
        }
        guard (1...longestWord).contains(text.count) else {
            faults.append(.valueError(loc, "it must have 1 to \(longestWord) characters", input: given))
            return nil
        }
        return text.split { $0 == "_" || $0 == "-" || $0.isWhitespace }.joined(separator: " ")
    }

    /// "side lighting, blue night ambience, warm light (3000 K)"; empty when nothing is asked for.
    var words: String {
        let parts = [
            direction.map(Self.directed), ambient.map { "\($0) ambience" },
            temperature.map { "\(Self.warmth($0)) light (\(Int($0)) K)" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    private static func directed(_ direction: String) -> String {
        switch direction.lowercased() {
        case "back": "backlit"
        case "top": "lit from above"
        case "bottom": "lit from below"
        default: "\(direction) lighting"
        }
    }

    private static func warmth(_ kelvin: Double) -> String {
        switch kelvin {
        case ..<2200: "candle-warm"
        case ..<3600: "warm"
        case ..<5000: "neutral white"
        case ..<6600: "daylight"
        default: "cool blue"
        }
    }
}

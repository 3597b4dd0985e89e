import JSONText

/// Reads the lines of ``CoreNodes``.
enum NodeTable {
    /// A line that it cannot read is left out; a test asks that there is none.
    static func parse(_ text: String) -> [NodeDefinition] {
        text.split(separator: "\n").compactMap { line($0) }
    }

    static func line(_ line: Substring) -> NodeDefinition? {
        let parts = line.split(separator: "|", omittingEmptySubsequences: false).map { trim($0) }
        guard parts.count == 5 else { return nil }
        let inputs = parts[3].split(separator: ",").map { input(trim($0)) }
        guard !inputs.contains(where: { $0 == nil }) else { return nil }
        let isOutput = parts[4].hasPrefix("!")
        return NodeDefinition(
            name: parts[0], displayName: parts[1], category: parts[2], inputs: inputs.compactMap(\.self),
            outputs: isOutput ? [] : parts[4].split(separator: " ").map(String.init), isOutput: isOutput)
    }

    private static func input(_ text: String) -> InputDefinition? {
        let isOptional = text.hasPrefix("?")
        let parts = text.drop { $0 == "?" }.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let kind = kind(trim(parts[1])) else { return nil }
        return InputDefinition(name: String(parts[0]), kind: kind, isOptional: isOptional)
    }

    private static func kind(_ text: String) -> InputDefinition.Kind? {
        let words = text.split(separator: " ").map(String.init)
        switch words.first {
        case "INT":
            guard let range = numbers(words, Int128.init), let fallback = Int64(exactly: range[0]) else { return nil }
            return .int(fallback: .integer(fallback), min: range[1], max: range[2], step: Int(range[3]))
        case "FLOAT":
            guard let range = numbers(words, { Double($0) }) else { return nil }
            return .float(fallback: range[0], min: range[1], max: range[2], step: range[3])
        case "SEED": return .int(fallback: 0, min: 0, max: Int128(UInt64.max), step: 1)
        case "STRING": return .string
        case "BOOLEAN": return .boolean(fallback: words.last == "true")
        case .some(let first): return choice(text) ?? .link(first)
        case nil: return nil
        }
    }

    private static func numbers<Number>(_ words: [String], _ read: (String) -> Number?) -> [Number]? {
        let numbers = words.dropFirst().compactMap(read)
        return numbers.count == 4 ? numbers : nil
    }

    private static func choice(_ text: String) -> InputDefinition.Kind? {
        let inner = text.dropFirst().dropLast().split(separator: " ").map(String.init)
        if text.hasPrefix("[") { return .choice(.fixed(inner), isCombo: false) }
        if text.hasPrefix("{") { return .choice(.fixed(inner), isCombo: true) }
        guard text.hasPrefix("@") else { return nil }
        let name = String(text.drop { $0 == "@" })
        if name == "input" { return .choice(.inputFiles, isCombo: false) }
        if let values = CoreNodes.lists[name] { return .choice(.fixed(values), isCombo: false) }
        return .choice(.models(name), isCombo: text.hasPrefix("@@"))
    }

    private static func trim(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

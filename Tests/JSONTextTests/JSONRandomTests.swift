import JSONText
import Testing

/// A small generator with a seed (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct JSONRandomTests {
    @Test(arguments: UInt64(0)..<300)
    func `a random value survives being written, cut into pieces and read`(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        let value = randomValue(depth: 5, &generator)
        let bytes = value.serialized(pretty: .random(using: &generator))
        #expect(try JSON(parsing: bytes) == value)
        var scanner = JSONScanner()
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = min(rest.count, .random(in: 1...9, using: &generator))
            try scanner.feed(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        #expect(try scanner.finish() == value)
    }

    @Test(arguments: UInt64(0)..<300)
    func `a damaged text gives a value or an error and the same in pieces`(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        var bytes = randomValue(depth: 4, &generator).serialized()
        for _ in 0..<3 where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[place] = .random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: place)
            default: bytes.insert("\"\\{}[],:0eu".utf8.randomElement(using: &generator) ?? 0, at: place)
            }
        }
        let whole = Result { () throws(JSONError) in try JSON(parsing: bytes) }
        var scanner = JSONScanner()
        let inPieces = Result {
            for byte in bytes { try scanner.feed([byte]) }
            return try scanner.finish()
        }
        #expect((try? whole.get()) == (try? inPieces.get()))
        if case .failure(let one) = whole, case .failure(let other) = inPieces { #expect(one == other as? JSONError) }
    }

    private func randomValue(depth: Int, _ generator: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .integer(.random(in: .min ... .max, using: &generator))
        case 3: return JSON(UInt64.random(in: .min ... .max, using: &generator))
        case 4: return .double(randomDouble(&generator))
        case 5, 6: return .string(randomString(&generator))
        case 7:
            return .array(
                (0..<Int.random(in: 0..<6, using: &generator)).map { _ in randomValue(depth: depth - 1, &generator) })
        default:
            let count = Int.random(in: 0..<25, using: &generator)
            return .object(
                JSONObject(
                    (0..<count).map { _ in (randomString(&generator), randomValue(depth: depth - 2, &generator)) }))
        }
    }

    private func randomDouble(_ generator: inout SeededGenerator) -> Double {
        let any = Double(bitPattern: generator.next())
        return any.isFinite ? any : .random(in: -1...1, using: &generator)
    }

    private func randomString(_ generator: inout SeededGenerator) -> String {
        let alphabet: [Unicode.Scalar] = ["a", "é", "中", "😀", "\"", "\\", "\n", "\u{0}", "\u{1f}", " ", "z", "\u{301}"]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<30, using: &generator) {
            text.append(alphabet.randomElement(using: &generator) ?? "a")
        }
        return String(text)
    }
}

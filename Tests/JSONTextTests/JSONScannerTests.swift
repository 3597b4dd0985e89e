import JSONText
import Testing

/// Keeps what it is handed, and stands `{"$spool": number}` in the tree for it.
struct Spool: JSONStringSink, Sendable {
    var strings: [(path: [JSONPathElement], bytes: [UInt8])] = []
    var largestPiece = 0
    var ended = 0
    var declines: [JSONPathElement] = []
    var refusesAfter = Int.max

    struct Full: Error {}

    mutating func begin(path: [JSONPathElement]) -> Bool {
        if let last = path.last, declines.contains(last) { return false }
        strings.append((path, []))
        return true
    }

    mutating func append(_ piece: UnsafeRawBufferPointer) throws {
        largestPiece = max(largestPiece, piece.count)
        strings[strings.count - 1].bytes.append(contentsOf: piece)
        if strings[strings.count - 1].bytes.count > refusesAfter { throw Full() }
    }

    mutating func end() -> JSON {
        ended += 1
        return ["$spool": JSON(ended - 1)]
    }

    var texts: [String] {
        strings.map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}

private func scan(_ chunks: [[UInt8]], limits: JSONLimits = .default) -> Result<JSON, JSONError> {
    var scanner = JSONScanner(limits: limits)
    do {
        for chunk in chunks { try scanner.feed(chunk) }
        return .success(try scanner.finish())
    } catch {
        return .failure(error as? JSONError ?? JSONError(offset: -1, reason: "\(error)"))
    }
}

@Suite struct JSONScannerTests {
    @Test(arguments: validTexts.map { Array($0.text.utf8) } + invalidTexts.map(\.text))
    func `a text cut anywhere gives the same value or the same error`(text: [UInt8]) {
        let whole = Result { () throws(JSONError) in try JSON(parsing: text) }
        for place in 0...text.count {
            #expect(scan([Array(text[..<place]), Array(text[place...])]) == whole)
        }
        #expect(scan(text.map { [$0] }) == whole)
    }

    @Test(arguments: ["[[[1]]]", "[1,2,3,4]", #""abcdé\x""#, #""\u0041\u0042\u0043\u0044\q"#, #"{"abc":1}"#, "123456x"])
    func `a limit is met at the same place however the text is cut`(text: String) {
        let limits = JSONLimits(depth: 2, values: 4, stringBytes: 3, nameBytes: 2, numberBytes: 5)
        let bytes = Array(text.utf8)
        let whole = Result { () throws(JSONError) in try JSON(parsing: bytes, limits: limits) }
        #expect(throws: JSONError.self) { try whole.get() }
        for place in 0...bytes.count {
            #expect(scan([Array(bytes[..<place]), Array(bytes[place...])], limits: limits) == whole)
        }
    }

    @Test func `an error stays`() {
        var scanner = JSONScanner()
        #expect(throws: JSONError(offset: 1, reason: "expected a value")) { try scanner.feed(Array("[x".utf8)) }
        #expect(throws: JSONError(offset: 1, reason: "expected a value")) { try scanner.feed(Array("1]".utf8)) }
        #expect(throws: JSONError(offset: 1, reason: "expected a value")) { try scanner.finish() }
    }

    @Test(arguments: [0, 1, 3, 4, 5, 100])
    func `strings over the threshold go to the sink and others stay`(threshold: Int) throws {
        let text = Array(#"{"long":["abcd","x","\u00e9\ud83d\ude00\n"],"":"","name longer than all":"12345"}"#.utf8)
        for place in 0...text.count {
            var scanner = JSONScanner(sink: Spool(), spillThreshold: threshold)
            try scanner.feed(Array(text[..<place]))
            try scanner.feed(Array(text[place...]))
            let value = try scanner.finish()
            let all: [([JSONPathElement], String)] = [
                (["long", 0], "abcd"), (["long", 1], "x"), (["long", 2], "é😀\n"), ([""], ""),
                (["name longer than all"], "12345"),
            ]
            let long = all.filter { $0.1.utf8.count > threshold }
            #expect(scanner.sink.texts == long.map(\.1))
            #expect(scanner.sink.strings.map(\.path) == long.map(\.0))
            #expect(scanner.sink.ended == long.count)
            let stands = { (text: String) -> JSON in
                long.firstIndex { $0.1 == text }.map { ["$spool": JSON($0)] } ?? .string(text)
            }
            #expect(
                value == [
                    "long": [stands("abcd"), stands("x"), stands("é😀\n")], "": stands(""),
                    "name longer than all": stands("12345"),
                ])
        }
    }

    @Test(arguments: [1, 777, 65_536, 10_000_000])
    func `a string of megabytes passes in bounded pieces`(chunk: Int) throws {
        let body = Array(repeating: UInt8(ascii: "A"), count: 3_000_000 / (chunk == 1 ? 100 : 1))
        let text = Array(#"{"image":""#.utf8) + body + Array(#"","steps":4}"#.utf8)
        var scanner = JSONScanner(sink: Spool(), spillThreshold: 16_384)
        for start in stride(from: 0, to: text.count, by: chunk) {
            try scanner.feed(Array(text[start..<min(text.count, start + chunk)]))
        }
        #expect(try scanner.finish() == ["image": ["$spool": 0], "steps": 4])
        #expect(scanner.sink.strings[0].bytes == body)
        #expect(scanner.sink.largestPiece <= 16_384 + 65_536)
    }

    @Test func `a sink may leave a string to the scanner, within the limit`() throws {
        let text = Array(#"{"prompt":"a long one","image":"another"}"#.utf8)
        var scanner = JSONScanner(sink: Spool(declines: ["prompt"]), spillThreshold: 2)
        try scanner.feed(text)
        #expect(try scanner.finish() == ["prompt": "a long one", "image": ["$spool": 0]])
        var limited = JSONScanner(
            sink: Spool(declines: ["prompt"]), spillThreshold: 2, limits: JSONLimits(stringBytes: 5))
        #expect(throws: JSONError(offset: 10, reason: "a string of more than 5 bytes")) { try limited.feed(text) }
    }

    @Test func `an error of the sink ends the scan`() {
        var scanner = JSONScanner(sink: Spool(refusesAfter: 10), spillThreshold: 4)
        #expect(throws: Spool.Full.self) { try scanner.feed(Array(#"["0123456789abc"]"#.utf8)) }
        #expect(throws: Spool.Full.self) { try scanner.finish() }
        #expect(scanner.sink.ended == 0)
    }

    @Test func `a text that is wrong inside a long string never ends it`() {
        var scanner = JSONScanner(sink: Spool(), spillThreshold: 4)
        #expect(throws: JSONError(offset: 9, reason: "an unknown escape")) {
            try scanner.feed(Array(#"["012345\q"]"#.utf8))
        }
        #expect(scanner.sink.ended == 0)
        var cut = JSONScanner(sink: Spool(), spillThreshold: 4)
        #expect(throws: JSONError(offset: 8, reason: "unexpected end of text")) {
            try cut.feed(Array(#"["012345"#.utf8))
            _ = try cut.finish()
        }
        #expect(cut.sink.ended == 0)
    }
}

/// Takes long string values out of a JSON text while it arrives, for example to decode base64 into a file.
///
/// For each string it is asked once with `begin`, gets the bytes with `append` in order, and answers with `end`. The
/// bytes are the string's UTF-8 with escapes resolved; a piece may end inside a character. Only one string is under
/// way at a time. An error from any of the three ends the scan and reaches the caller of `feed`. A text that ends or
/// fails inside a string never gets to `end`: what was begun is then the owner's to drop.
public protocol JSONStringSink {
    /// A string longer than the threshold begins at this place in the tree. False leaves it to the scanner, which
    /// keeps it in memory like a short one, within `JSONLimits.stringBytes`.
    mutating func begin(path: [JSONPathElement]) throws -> Bool

    /// The next bytes, never none; valid only during the call.
    mutating func append(_ piece: UnsafeRawBufferPointer) throws

    /// The string is over; gives the value that stands for it in the tree.
    mutating func end() throws -> JSON
}

/// For a scanner that keeps every string.
public struct NoStringSink: JSONStringSink, Sendable {
    public init() {}

    public mutating func begin(path: [JSONPathElement]) -> Bool {
        false
    }

    public mutating func append(_ piece: UnsafeRawBufferPointer) {}

    public mutating func end() -> JSON {
        .null
    }
}

/// Reads one JSON text that arrives in pieces, cut anywhere, with memory bounded by what it keeps.
///
/// A UTF-8 byte order mark is refused. A scanner that has thrown throws the same error from then on. It may move
/// between threads, one at a time, when its sink may.
public struct JSONScanner<Sink: JSONStringSink> {
    /// What takes the long strings; look here for what it has gathered.
    public var sink: Sink
    private var engine: JSONEngine
    private var failure: (any Error)?

    /// - Parameter spillThreshold: string values of more than so many bytes are offered to the sink.
    public init(sink: Sink, spillThreshold: Int = 16 << 10, limits: JSONLimits = .default) {
        self.sink = sink
        engine = JSONEngine(limits: limits, spillThreshold: max(0, spillThreshold))
    }

    /// Reads the next bytes of the text. Throws a `JSONError` for the text and the sink's own errors as they are.
    public mutating func feed(_ chunk: UnsafeRawBufferPointer) throws {
        if let failure { throw failure }
        do {
            try read(chunk)
        } catch {
            failure = error
            throw error
        }
    }

    /// Reads the next bytes of the text. Throws a `JSONError` for the text and the sink's own errors as they are.
    public mutating func feed(_ chunk: [UInt8]) throws {
        try chunk.withUnsafeBytes { try feed($0) }
    }

    /// Ends the text. Gives its value, or throws a `JSONError` when the text is not whole.
    public mutating func finish() throws -> JSON {
        if let failure { throw failure }
        do {
            return try engine.finish()
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func read(_ chunk: UnsafeRawBufferPointer) throws {
        var index = 0
        while true {
            switch try engine.run(chunk, &index) {
            case .needInput: return
            case .longString: engine.takeString(inPieces: try sink.begin(path: engine.path))
            case .piece: try handOut()
            case .endOfString:
                try handOut()
                try engine.deliver(try sink.end())
            }
        }
    }

    private mutating func handOut() throws {
        if engine.text.isEmpty { return }
        try engine.text.withUnsafeBytes { try sink.append($0) }
        engine.text.removeAll(keepingCapacity: true)
    }
}

extension JSONScanner: Sendable where Sink: Sendable {}

extension JSONScanner where Sink == NoStringSink {
    /// A scanner that keeps every string.
    public init(limits: JSONLimits = .default) {
        self.init(sink: NoStringSink(), spillThreshold: .max, limits: limits)
    }
}

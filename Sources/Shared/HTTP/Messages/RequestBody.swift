public import Loop

/// A request's body, as it arrives. It is read once, in order, by whoever handles the request.
@LoopActor
public final class RequestBody {
    /// Its size in bytes when the client said it (`Content-Length`); nil for a chunked one.
    public let length: Int?
    /// More bytes than this are refused with 413.
    public internal(set) var limit: Int
    /// Bytes of it so far.
    public private(set) var received = 0
    private var isAtEnd: Bool
    private let pull: @LoopActor () async throws -> [UInt8]?
    private var inspector: (@LoopActor ([UInt8]?) throws -> Void)?

    /// - Parameter pull: gives the next bytes, and nil at the end.
    init(length: Int?, limit: Int, isAtEnd: Bool = false, pull: @escaping @LoopActor () async throws -> [UInt8]?) {
        self.length = length
        self.limit = limit
        self.isAtEnd = isAtEnd
        self.pull = pull
    }

    /// A body that is all there: for tests, and for requests that one part of a program makes of another.
    public convenience init(_ bytes: [UInt8] = []) {
        var rest: [UInt8]? = bytes.isEmpty ? nil : bytes
        self.init(length: bytes.count, limit: .max, isAtEnd: bytes.isEmpty) { rest.take() }
    }

    /// The next bytes, at most 64 KB, or nil at the end. Nothing is read off the socket between two calls.
    ///
    /// - Throws: ``HTTPProblem`` 413 over ``limit``; ``HTTPViolation`` for broken framing or a client that is too slow;
    ///   else what the connection reports.
    public func next() async throws -> [UInt8]? {
        guard !isAtEnd else { return nil }
        if let length, length > limit { throw HTTPProblem.bodyTooLarge(limit: limit) }
        guard let bytes = try await pull() else {
            isAtEnd = true
            try inspector?(nil)
            return nil
        }
        received += bytes.count
        guard received <= limit else { throw HTTPProblem.bodyTooLarge(limit: limit) }
        try inspector?(bytes)
        return bytes
    }

    /// Has somebody see the body as its reader reads it: each piece, and nil at the end. What that throws, the reader gets.
    ///
    /// A body of no bytes at all may be at its end already, so it is shown that at once.
    public func inspect(_ inspector: @escaping @LoopActor ([UInt8]?) throws -> Void) throws {
        self.inspector = inspector
        if isAtEnd { try inspector(nil) }
    }

    /// All of it.
    ///
    /// - Parameter maximum: over so many bytes it is refused, as over ``limit``.
    public func collect(upTo maximum: Int = .max) async throws -> [UInt8] {
        limit = min(limit, maximum)
        guard let first = try await next() else { return [] }
        var all = first
        if let length, length <= limit { all.reserveCapacity(length) }
        while let bytes = try await next() { all.append(contentsOf: bytes) }
        return all
    }

    /// Whether all of it has been read.
    var isConsumed: Bool { isAtEnd }
}

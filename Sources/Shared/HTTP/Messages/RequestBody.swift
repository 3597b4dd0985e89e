public import Loop

/// Where the bytes of a body come from.
protocol BodySource: AnyObject {
    /// What has come already, or nil when more has to be read for it.
    @LoopActor func bodyAtHand() throws -> BodyPiece?
    @LoopActor func readMore() async throws
}

enum BodyPiece: Sendable {
    case bytes([UInt8])
    case end
}

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
    private let source: (any BodySource)?
    private var inspector: (@LoopActor ([UInt8]?) throws -> Void)?

    /// - Parameter source: nil for a body of no bytes.
    init(length: Int?, limit: Int, source: (any BodySource)?) {
        self.length = length
        self.limit = limit
        self.source = source
        isAtEnd = source == nil
    }

    /// A body that is all there: for tests, and for requests that one part of a program makes of another.
    public convenience init(_ bytes: [UInt8] = []) {
        self.init(length: bytes.count, limit: .max, source: bytes.isEmpty ? nil : WholeBody(bytes))
    }

    /// The next bytes, at most 64 KB, or nil at the end. Nothing is read off the socket between two calls.
    ///
    /// - Throws: ``HTTPProblem`` 413 over ``limit``; ``HTTPViolation`` for broken framing or a client that is too slow;
    ///   else what the connection reports.
    public func next() async throws -> [UInt8]? {
        while true {
            switch try pieceAtHand() {
            case .bytes(let bytes): return bytes
            case .end: return nil
            case nil: try await source?.readMore()
            }
        }
    }

    private func pieceAtHand() throws -> BodyPiece? {
        guard !isAtEnd, let source else { return .end }
        if let length, length > limit { throw HTTPProblem.bodyTooLarge(limit: limit) }
        let piece = try source.bodyAtHand()
        switch piece {
        case .bytes(let bytes):
            received += bytes.count
            guard received <= limit else { throw HTTPProblem.bodyTooLarge(limit: limit) }
            try inspector?(bytes)
        case .end:
            isAtEnd = true
            try inspector?(nil)
        case nil: break
        }
        return piece
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
        var all: [UInt8] = []
        while true {
            switch try pieceAtHand() {
            // Most bodies are one piece, which need not be copied.
            case .bytes(let bytes) where all.isEmpty: all = bytes
            case .bytes(let bytes):
                if let length, length <= limit { all.reserveCapacity(length) }
                all.append(contentsOf: bytes)
            case .end: return all
            case nil: try await source?.readMore()
            }
        }
    }

    /// Whether all of it has been read.
    var isConsumed: Bool { isAtEnd }
}

private final class WholeBody: BodySource {
    private var rest: [UInt8]?

    init(_ bytes: [UInt8]) { rest = bytes }

    func bodyAtHand() -> BodyPiece? { rest.take().map { .bytes($0) } ?? .end }
    func readMore() {}
}

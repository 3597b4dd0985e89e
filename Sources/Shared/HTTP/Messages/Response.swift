public import HTTPTypes
public import JSONText
public import Loop

/// An answer on its way back.
public struct Response: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Written by the closure as the client takes it. A known length becomes `Content-Length`, and writing another
        /// number of bytes breaks the connection; without one the body is chunked.
        case stream(length: Int?, @LoopActor @Sendable (BodyWriter) async throws -> Void)
        /// The connection stops being HTTP (RFC 9110 §7.8): the closure gets it, with the bytes that came behind the
        /// request. For status 101.
        case upgrade(@LoopActor @Sendable (TCPConnection, [UInt8]) async -> Void)
        /// The connection is closed with no answer at all, as a server does that dies.
        case abandoned
    }

    public var status: HTTPResponse.Status
    public var headers: HTTPFields
    public var body: Body

    public init(status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public static func json(
        _ value: JSON, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .bytes(value.serialized()))
    }

    public static func text(
        _ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(status: status, headers: [.contentType: type], body: .bytes(Array(text.utf8)))
    }

    /// `application/problem+json` (RFC 9457).
    public static func problem(_ problem: HTTPProblem) -> Response { problem.response }
}

/// Where a streamed body is written to.
@LoopActor
public final class BodyWriter {
    private let send: @LoopActor ([UInt8]) async throws -> Void
    private let length: Int?
    private let watch: @LoopActor (@escaping @LoopActor () -> Void) -> Void
    private var isOver = false
    private var isBroken = false
    /// Bytes written so far.
    public private(set) var count = 0

    /// - Parameters:
    ///   - length: what was said in the head; nil when nothing was.
    ///   - watch: has what it is given called when the client goes.
    init(
        length: Int? = nil, watch: @escaping @LoopActor (@escaping @LoopActor () -> Void) -> Void,
        _ send: @escaping @LoopActor ([UInt8]) async throws -> Void
    ) {
        self.length = length
        self.watch = watch
        self.send = send
    }

    /// Has `act` called once, when the client closes the connection, or its side of it, before the body is over; at once
    /// where it has already. Who only writes learns of it late: the first write after it still succeeds. The last `act` counts.
    public func onGone(_ act: @escaping @LoopActor () -> Void) {
        guard !isOver else { return }
        watch(act)
    }

    /// Returns when the kernel has taken the bytes; a client that reads slowly makes this wait.
    ///
    /// - Throws: when the client has gone, or takes nothing for the time that the server allows; when the body would be
    ///   longer than was said, or is over already: the bytes would be taken for the next answer.
    public func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        guard !isOver else { throw BodyIsOver() }
        guard count + bytes.count <= length ?? .max else {
            isBroken = true
            throw WrongLength()
        }
        count += bytes.count
        try await send(bytes)
    }

    /// Lets nothing more through.
    ///
    /// - Throws: when the body was not as long as was said.
    func finish() throws {
        isOver = true
        if isBroken || (length ?? count) != count { throw WrongLength() }
    }

    struct WrongLength: Error {}
    struct BodyIsOver: Error {}
}

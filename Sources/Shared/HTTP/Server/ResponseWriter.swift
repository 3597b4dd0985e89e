internal import Loop

/// The writing side of one connection. A client that takes nothing for too long loses it.
@LoopActor
final class ResponseWriter {
    private let connection: TCPConnection
    private let limits: ServerLimits
    private lazy var timer = LoopTimer { [connection] in connection.close() }
    /// Handed to the kernel at once; small enough for `writeTime` to be a fair bound, large enough to cost nothing.
    private static let sliceBytes = 262_144

    init(_ connection: TCPConnection, limits: ServerLimits) {
        self.connection = connection
        self.limits = limits
    }

    /// Sends an answer whole.
    ///
    /// - Throws: when the client has gone, or a streamed body was not as long as it said; the connection is of no more
    ///   use then.
    func send(_ response: Response, encoder: ResponseEncoder, closes: Bool) async throws {
        let framing = encoder.framing(of: response)
        let head = encoder.head(response, framing: framing, closes: closes, date: HTTPDate.now())
        guard encoder.sendsBody(framing) else { return try await write(head) }
        switch response.body {
        case .none, .upgrade, .abandoned: try await write(head)
        case .bytes(let bytes): try await send(head, bytes)
        case .stream(_, let produce): try await stream(head, framing, produce)
        }
    }

    private func send(_ head: [UInt8], _ body: [UInt8]) async throws {
        guard body.count > Self.sliceBytes else { return try await write(head + body) }
        try await write(head)
        try await write(body)
    }

    private func stream(
        _ head: [UInt8], _ framing: ResponseFraming,
        _ produce: @LoopActor @Sendable (BodyWriter) async throws -> Void
    ) async throws {
        try await write(head)
        let body = BodyWriter { [self] bytes in
            try await write(framing == .chunked ? ResponseEncoder.chunk(bytes) : bytes)
        }
        try await produce(body)
        switch framing {
        case .chunked: try await write(ResponseEncoder.lastChunk)
        case .length(let length) where length != body.count: throw WrongLength()
        default: break
        }
    }

    private func write(_ bytes: [UInt8]) async throws {
        guard bytes.count > Self.sliceBytes else { return try await writeSlice(bytes) }
        var start = 0
        while start < bytes.count {
            let end = min(start + Self.sliceBytes, bytes.count)
            try await writeSlice(Array(bytes[start..<end]))
            start = end
        }
    }

    private func writeSlice(_ bytes: [UInt8]) async throws {
        timer.start(after: limits.writeTime)
        defer { timer.stop() }
        try await connection.write(bytes)
    }

    func close() { timer.close() }

    private struct WrongLength: Error {}
}

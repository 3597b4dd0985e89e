internal import Loop

/// The writing side of one connection. A client that takes nothing for too long loses it.
@LoopActor
final class ResponseWriter {
    private let connection: TCPConnection
    private let limits: ServerLimits
    /// Made for the first client that is behind.
    private var timer: LoopTimer?
    /// What the client had still to take when it was last looked at, since the write that waits began.
    private var left: Int?
    /// Handed to the kernel at once: so much of a body is copied at the most.
    private static let sliceBytes = 262_144

    init(_ connection: TCPConnection, limits: ServerLimits) {
        self.connection = connection
        self.limits = limits
    }

    /// What of an answer has still to be sent.
    enum Rest {
        case bytes(ArraySlice<UInt8>)
        case large(head: [UInt8], body: [UInt8])
        case stream(head: [UInt8], ResponseFraming, length: Int?, Producer)
    }
    typealias Producer = @LoopActor @Sendable (BodyWriter) async throws -> Void

    /// Sends an answer whole.
    ///
    /// - Throws: when the client has gone, or a streamed body was not as long as it said; the connection is of no more
    ///   use then.
    func send(_ response: Response, encoder: ResponseEncoder, closes: Bool) async throws {
        if let rest = try begin(response, encoder: encoder, closes: closes) { try await finish(rest) }
    }

    /// Sends what can be sent without waiting.
    ///
    /// - Returns: what is left for ``finish(_:)``; nil when all has been sent.
    /// - Throws: when the client has gone.
    func begin(_ response: Response, encoder: ResponseEncoder, closes: Bool) throws -> Rest? {
        let framing = encoder.framing(of: response)
        var message = encoder.head(response, framing: framing, closes: closes, date: HTTPDate.now())
        guard encoder.sendsBody(framing) else { return try sendNow(message) }
        switch response.body {
        case .none, .upgrade, .abandoned: return try sendNow(message)
        case .stream(let length, let produce): return .stream(head: message, framing, length: length, produce)
        case .bytes(let bytes):
            guard bytes.count <= Self.sliceBytes else { return .large(head: message, body: bytes) }
            message.append(contentsOf: bytes)
            return try sendNow(message)
        }
    }

    private func sendNow(_ message: [UInt8]) throws -> Rest? {
        let taken = try connection.writeNow(message[...])
        return taken < message.count ? .bytes(message[taken...]) : nil
    }

    func finish(_ rest: Rest) async throws {
        switch rest {
        case .bytes(let bytes): try await wait(for: bytes)
        case .large(let head, let body):
            try await write(head)
            try await write(body)
        case .stream(let head, let framing, let length, let produce): try await stream(head, framing, length, produce)
        }
    }

    private func stream(
        _ head: [UInt8], _ framing: ResponseFraming, _ length: Int?, _ produce: Producer
    ) async throws {
        try await write(head)
        let body = BodyWriter(length: length, watch: { [connection] in connection.onEnd = $0 }) { [self] bytes in
            try await write(framing == .chunked ? ResponseEncoder.chunk(bytes) : bytes)
        }
        defer {
            connection.onEnd = nil
            try? body.finish()
        }
        try await produce(body)
        try body.finish()
        if framing == .chunked { try await write(ResponseEncoder.lastChunk) }
    }

    private func write(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let slice = rest.prefix(Self.sliceBytes)
            let taken = try connection.writeNow(slice)
            if taken < slice.count { try await wait(for: slice.dropFirst(taken)) }
            rest = rest.dropFirst(slice.count)
        }
    }

    /// Only a client that is behind is watched: most answers are taken whole at once, and need no timer.
    private func wait(for slice: ArraySlice<UInt8>) async throws {
        left = nil
        let timer = timer ?? LoopTimer { [weak self] in self?.look() }
        self.timer = timer
        timer.start(after: limits.writeTime / 2)
        defer { timer.stop() }
        try await connection.writeLater(slice)
    }

    /// The kernel takes from us in steps of megabytes, so what the client takes is asked of the kernel itself.
    private func look() {
        let now = connection.unacknowledgedBytes
        let least = max(1, Int((limits.writeTime / 2).seconds * Double(limits.writeRate)))
        if let left, left - now < least { return connection.close() }
        left = now
        timer?.start(after: limits.writeTime / 2)
    }

    func close() { timer?.close() }
}

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
        case .stream(let length, let produce): try await stream(head, framing, length, produce)
        }
    }

    private func send(_ head: [UInt8], _ body: [UInt8]) async throws {
        guard body.count > Self.sliceBytes else {
            var message = head
            message.append(contentsOf: body)
            return try await write(message)
        }
        try await write(head)
        try await write(body)
    }

    private func stream(
        _ head: [UInt8], _ framing: ResponseFraming, _ length: Int?,
        _ produce: @LoopActor @Sendable (BodyWriter) async throws -> Void
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

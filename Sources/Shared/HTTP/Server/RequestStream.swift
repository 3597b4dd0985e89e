internal import HTTPTypes
internal import Loop

/// The reading side of one connection: octets in, requests and their bodies out, each wait with its bound.
@LoopActor
final class RequestStream {
    private let connection: TCPConnection
    private let limits: ServerLimits
    private var decoder: RequestDecoder
    private let clock = ContinuousClock()
    private lazy var timer = LoopTimer { [weak self] in self?.timeIsUp() }
    private var bodyStart: ContinuousClock.Instant
    private var expectsContinue = false

    /// Bytes of the current request's body so far.
    private(set) var received = 0
    private(set) var continued = false
    /// A connection that waits for its next request can be closed at any time.
    private(set) var isIdle = false

    init(_ connection: TCPConnection, limits: ServerLimits) {
        self.connection = connection
        self.limits = limits
        decoder = RequestDecoder(maxHeadBytes: limits.headBytes, maxFields: limits.headerFields)
        bodyStart = clock.now
    }

    /// The next request's head, or nil when the client has gone, or stayed idle too long.
    ///
    /// - Throws: ``HTTPViolation`` for a head that breaks the rules or takes too long (408).
    func nextHead() async throws -> RequestHead? {
        while true {
            if let event = try decoder.next() {
                if case .head(let head) = event { return begin(head) }
                continue  // the end of the request before
            }
            isIdle = !decoder.hasBegunHead
            defer { isIdle = false }
            if isIdle { timer.start(after: limits.idleTime) } else if !headTimeRuns { startHeadTime() }
            guard let bytes = try await read() else { return nil }
            if isIdle { startHeadTime() }
            decoder.feed(bytes)
        }
    }

    private var headTimeRuns = false

    private func startHeadTime() {
        headTimeRuns = true
        timer.start(after: limits.headTime)
    }

    private func begin(_ head: RequestHead) -> RequestHead {
        timer.stop()
        headTimeRuns = false
        received = 0
        continued = false
        expectsContinue = ConnectionRules(head).expectsContinue
        bodyStart = clock.now
        return head
    }

    /// The next bytes of the current request's body, nil at its end.
    func nextBody() async throws -> [UInt8]? {
        while true {
            switch try decoder.next() {
            case .body(let bytes):
                received += bytes.count
                return bytes
            case .end, .head: return nil
            case nil: try await readBody()
            }
        }
    }

    private func readBody() async throws {
        if expectsContinue, !continued {
            continued = true
            try await connection.write(ResponseEncoder.goOn)
        }
        let patience = limits.patience(received: received, elapsed: clock.now - bodyStart)
        guard patience > .zero else { throw HTTPViolation(408, "the body came too slowly") }
        timer.start(after: patience)
        defer { timer.stop() }
        guard let bytes = try await read() else { throw HTTPViolation(400, "the body ended too early") }
        decoder.feed(bytes)
    }

    /// Reads over what the client still sends, for a while, so that it can read the answer.
    func linger() async {
        connection.finishWriting()
        var left = limits.lingerBytes
        timer.start(after: limits.lingerTime)
        defer { timer.stop() }
        while left > 0, let bytes = try? await connection.read() { left -= bytes.count }
    }

    private func read() async throws -> [UInt8]? {
        do {
            return try await connection.read()
        } catch is ReadTimeout {
            if isIdle { return nil }
            throw HTTPViolation(408, "the request came too slowly")
        }
    }

    private func timeIsUp() { connection.abandonRead(ReadTimeout()) }

    /// Ends a wait for the next request; a request that is being handled goes on.
    func stopIdling() { if isIdle { connection.abandonRead(ReadTimeout()) } }

    func takeRest() -> [UInt8] { decoder.takeRest() }

    func close() { timer.close() }

    private struct ReadTimeout: Error {}
}

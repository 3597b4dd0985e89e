internal import HTTPTypes
internal import Loop

/// The reading side of one connection: octets in, requests and their bodies out, each wait with its bound.
@LoopActor
final class RequestStream: BodySource {
    private let connection: TCPConnection
    private let limits: ServerLimits
    private var decoder: RequestDecoder
    private let clock = ContinuousClock()
    /// The time may be over when no read waits for it to be ended: the next one ends at once then.
    private var isTimeUp = false
    /// When it will be, in milliseconds of the loop's clock; nil when nothing is waited for.
    private var deadline: UInt64?
    /// When the timer looks again. A deadline that moves away, as it does with each request, leaves it alone.
    private var nextLook = UInt64.max
    private lazy var timer = LoopTimer { [weak self] in self?.look() }
    /// How long the current body was waited for; the time that its handler takes is not the client's.
    private var waited: Duration = .zero
    private var expectsContinue = false

    /// Bytes of the current request's body so far.
    private(set) var received = 0
    private(set) var continued = false
    /// The current body broke its framing or came too slowly: nothing that follows can be trusted.
    private(set) var hasFailed = false
    /// A connection that waits for its next request can be closed at any time.
    private(set) var isIdle = false

    init(_ connection: TCPConnection, limits: ServerLimits) {
        self.connection = connection
        self.limits = limits
        decoder = RequestDecoder(maxHeadBytes: limits.headBytes, maxFields: limits.headerFields)
    }

    /// The next request's head, or nil when the client has gone, or stayed idle too long.
    ///
    /// - Throws: ``HTTPViolation`` for a head that breaks the rules or takes too long (408).
    func nextHead() async throws -> RequestHead? {
        while true {
            if let head = try headAtHand() { return head }
            isIdle = !decoder.hasBegunHead
            defer { isIdle = false }
            if isIdle {
                headTimeRuns = false
                start(limits.idleTime)
            } else if !headTimeRuns {
                headTimeRuns = true
                start(limits.headTime)
            }
            do {
                if isTimeUp { throw ReadTimeout() }
                guard let bytes = try await connection.readUntilClosed() else { return nil }
                decoder.feed(bytes)
            } catch is ReadTimeout {
                if isIdle { return nil }
                throw HTTPViolation(408, "the request came too slowly")
            }
        }
    }

    private var headTimeRuns = false

    private func headAtHand() throws(HTTPViolation) -> RequestHead? {
        while let event = try decoder.next() {
            // Else the end of the request before.
            if case .head(let head) = event { return begin(head) }
        }
        return nil
    }

    private func begin(_ head: RequestHead) -> RequestHead {
        deadline = nil
        headTimeRuns = false
        received = 0
        continued = false
        hasFailed = false
        expectsContinue = head.rules.expectsContinue
        waited = .zero
        return head
    }

    private func start(_ limit: Duration) {
        isTimeUp = false
        let due = LoopTimer.now + UInt64(limit.milliseconds)
        deadline = due
        if due < nextLook { look(in: limit, at: due) }
    }

    private func look(in delay: Duration, at time: UInt64) {
        nextLook = time
        timer.start(after: delay)
    }

    private func look() {
        nextLook = .max
        guard let deadline else { return }
        let now = LoopTimer.now
        if now >= deadline { timeIsUp() } else { look(in: .milliseconds(deadline - now), at: deadline) }
    }

    /// From here on `100 Continue` would be taken for a part of the answer.
    func answerBegins() { expectsContinue = false }

    func bodyAtHand() throws -> BodyPiece? {
        do {
            switch try decoder.next() {
            case .body(let bytes):
                received += bytes.count
                return .bytes(bytes)
            case .end, .head: return .end
            case nil: return nil
            }
        } catch {
            hasFailed = true
            throw error
        }
    }

    func readMore() async throws {
        do {
            try await readBody()
        } catch let violation as HTTPViolation {
            hasFailed = true
            throw violation
        }
    }

    private func readBody() async throws {
        if expectsContinue, !continued {
            continued = true
            try await connection.write(ResponseEncoder.goOn)
        }
        let patience = limits.patience(received: received, elapsed: waited)
        guard patience > .zero else { throw HTTPViolation(408, "the body came too slowly") }
        start(patience)
        let begin = clock.now
        defer {
            deadline = nil
            waited += clock.now - begin
        }
        guard let bytes = try await read() else { throw HTTPViolation(400, "the body ended too early") }
        decoder.feed(bytes)
    }

    /// Reads over what the client still sends, for a while, so that it can read the answer.
    func linger() async {
        connection.finishWriting()
        var left = limits.lingerBytes
        start(limits.lingerTime)
        defer { deadline = nil }
        while left > 0, !isTimeUp, let bytes = try? await connection.read() { left -= bytes.count }
    }

    private func read() async throws -> [UInt8]? {
        do {
            if isTimeUp { throw ReadTimeout() }
            return try await connection.read()
        } catch is ReadTimeout {
            throw HTTPViolation(408, "the request came too slowly")
        }
    }

    private func timeIsUp() {
        isTimeUp = true
        connection.abandonRead(ReadTimeout())
    }

    /// Ends a wait for the next request; a request that is being handled goes on.
    func stopIdling() { if isIdle { timeIsUp() } }

    func takeRest() -> [UInt8] { decoder.takeRest() }

    func close() { timer.close() }

    private struct ReadTimeout: Error {}
}

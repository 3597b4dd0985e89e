internal import HTTPTypes
internal import Loop

/// Serves one client: requests in order, one at a time, until either side has had enough.
///
/// It waits only where it must: each wait is a hundred times the price of a call.
@LoopActor
final class HTTPConnection {
    private let connection: TCPConnection
    private let requests: RequestStream
    private let writer: ResponseWriter
    private let router: Router
    private let limits: ServerLimits
    private var isStopping = false

    init(_ connection: TCPConnection, limits: ServerLimits, router: Router) {
        self.connection = connection
        self.limits = limits
        self.router = router
        requests = RequestStream(connection, limits: limits)
        writer = ResponseWriter(connection, limits: limits)
    }

    var received: UInt64 { connection.received }
    var sent: UInt64 { connection.sent }

    /// Returns when the connection is closed.
    func run() async {
        do {
            var served = 0
            while try await serveNext() {
                served += 1
                // A pipeline that never runs dry must leave the loop to others.
                if served.isMultiple(of: 32) { await Task.yield() }
            }
        } catch {
            // The client has gone, or a streamed answer failed half-way: closing is all that is left to say.
        }
        close()
    }

    /// A request that is being handled is answered; then the connection closes.
    func stop() {
        isStopping = true
        requests.stopIdling()
    }

    func close() {
        connection.close()
        requests.close()
        writer.close()
    }

    /// Reads a request and answers it. One that breaks the rules is refused before any answer: once one has begun, a
    /// second would be taken for a part of it.
    ///
    /// - Returns: whether another request can follow.
    private func serveNext() async throws -> Bool {
        let head: RequestHead
        var request: Request
        do {
            guard !isStopping, let next = try await requests.nextHead() else { return false }
            head = next
            request = try Request(
                head: head.request, body: requestBody(head), id: "", remoteAddress: connection.remoteAddress,
                connection: connection)
        } catch let violation as HTTPViolation {
            await refuse(violation)
            return false
        }
        let response: Response
        switch begin(head, &request) {
        case .answered(let answer): response = answer
        case .waiting(let handler): response = await router.finish(request, handler)
        }
        if case .abandoned = response.body { return false }
        let after = whatFollows(response, head, request)
        let encoder = ResponseEncoder(isHead: request.method == .head, isHTTP10: head.isHTTP10)
        let rest = try writer.begin(response, encoder: encoder, closes: after == .close || after == .linger)
        if let rest { try await writer.finish(rest) }
        if case .upgrade(let takeOver) = response.body {
            await takeOver(connection, requests.takeRest())
            return false
        }
        return after == .keep ? true : try await finish(after, request.body)
    }

    private func begin(_ head: RequestHead, _ request: inout Request) -> Router.Progress {
        if let refusal = expectation(head) { return .answered(refusal) }
        return router.begin(&request)
    }

    private func whatFollows(_ response: Response, _ head: RequestHead, _ request: Request) -> ConnectionRules.After {
        requests.answerBegins()
        let after = head.rules.after(
            isBodyRead: request.body.isConsumed, continued: requests.continued, received: requests.received,
            isStopping: isStopping || requests.hasFailed)
        guard head.isHTTP10, after != .linger else { return after }
        let encoder = ResponseEncoder(isHead: request.method == .head, isHTTP10: true)
        return encoder.framing(of: response) == .untilClose ? .close : after
    }

    private func finish(_ after: ConnectionRules.After, _ body: RequestBody) async throws -> Bool {
        switch after {
        case .keep: return true
        case .drain: return await drain(body)
        case .close: return false
        case .linger:
            await requests.linger()
            return false
        }
    }

    /// Reads over the rest of a body, for as long as one lingers: the answer has gone out, so a slow rest is not told.
    private func drain(_ body: RequestBody) async -> Bool {
        body.limit = .max
        let isDone: Void? = try? await withDeadline(limits.lingerTime) { while try await body.next() != nil {} }
        return isDone != nil
    }

    private func requestBody(_ head: RequestHead) -> RequestBody {
        let length: Int? =
            switch head.framing {
            case .none: 0
            case .length(let count): count
            case .chunked: nil
            }
        return RequestBody(length: length, limit: limits.bodyBytes, source: head.framing == .none ? nil : requests)
    }

    /// An expectation other than `100-continue` is none that can be met (RFC 9110 §10.1.1).
    private func expectation(_ head: RequestHead) -> Response? {
        guard let expect = head.request.headerFields[.expect], expect.lowercased() != "100-continue" else { return nil }
        return HTTPViolation(417, "an expectation that nobody here can meet").response
    }

    private func refuse(_ violation: HTTPViolation) async {
        let encoder = ResponseEncoder(isHead: false, isHTTP10: false)
        guard (try? await writer.send(violation.response, encoder: encoder, closes: true)) != nil else { return }
        await requests.linger()
    }
}

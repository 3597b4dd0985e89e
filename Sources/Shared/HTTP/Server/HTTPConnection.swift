internal import HTTPTypes
internal import Loop

/// Serves one client: requests in order, one at a time, until either side has had enough.
@LoopActor
final class HTTPConnection {
    private let connection: TCPConnection
    private let requests: RequestStream
    private let writer: ResponseWriter
    private let respond: @LoopActor (Request) async -> Response
    private let limits: ServerLimits
    private var isStopping = false

    init(_ connection: TCPConnection, limits: ServerLimits, respond: @escaping @LoopActor (Request) async -> Response) {
        self.connection = connection
        self.limits = limits
        self.respond = respond
        requests = RequestStream(connection, limits: limits)
        writer = ResponseWriter(connection, limits: limits)
    }

    var received: UInt64 { connection.received }
    var sent: UInt64 { connection.sent }

    /// Returns when the connection is closed.
    func run() async {
        do {
            var served = 0
            while let exchange = try await nextExchange(), try await serve(exchange) {
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

    private struct Exchange {
        let head: RequestHead
        let request: Request
    }

    /// The next request, or nil when there is none to answer. One that breaks the rules is refused here: once an answer
    /// has begun, a second one would be taken for a part of it.
    private func nextExchange() async throws -> Exchange? {
        do {
            guard !isStopping, let head = try await requests.nextHead() else { return nil }
            let request = try Request(
                head: head.request, body: requestBody(head), id: "", remoteAddress: connection.remoteAddress)
            return Exchange(head: head, request: request)
        } catch let violation as HTTPViolation {
            await refuse(violation)
            return nil
        }
    }

    /// - Returns: whether another request can follow.
    private func serve(_ exchange: Exchange) async throws -> Bool {
        let (head, body) = (exchange.head, exchange.request.body)
        let response = await answer(head, exchange.request)
        if case .abandoned = response.body { return false }
        let encoder = ResponseEncoder(isHead: exchange.request.method == .head, isHTTP10: head.isHTTP10)
        requests.answerBegins()
        var after = ConnectionRules(head).after(
            isBodyRead: body.isConsumed, continued: requests.continued, received: requests.received,
            isStopping: isStopping || requests.hasFailed)
        if encoder.framing(of: response) == .untilClose, after != .linger { after = .close }
        try await writer.send(response, encoder: encoder, closes: after == .close || after == .linger)
        if case .upgrade(let takeOver) = response.body {
            await takeOver(connection, requests.takeRest())
            return false
        }
        return try await finish(after, body)
    }

    private func answer(_ head: RequestHead, _ request: Request) async -> Response {
        if let refusal = expectation(head) { return refusal }
        return await respond(request)
    }

    private func finish(_ after: ConnectionRules.After, _ body: RequestBody) async throws -> Bool {
        switch after {
        case .keep: return true
        case .drain:
            return await drain(body)
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
        return RequestBody(length: length, limit: limits.bodyBytes, isAtEnd: head.framing == .none) { [requests] in
            try await requests.nextBody()
        }
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

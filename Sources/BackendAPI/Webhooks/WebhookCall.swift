import HTTPTypes
import Logging
import Loop
import Outbound

/// Sends one webhook, once.
@LoopActor
struct WebhookCall {
    let http: HTTPClient
    let secret: WebhookSecret
    let rules: OutsideURLRules
    /// Nil: the addresses of pictures are sent as they are.
    let signing: AddressSigning?
    /// For the whole try.
    let limit: Duration
    let logger: Logger

    /// What is read of an answer, so that its connection can be used again; nobody looks at it.
    private static let answerBytes = 4096

    /// - Parameter now: Unix time in seconds. It is signed, and a receiver refuses what is old.
    /// - Throws: `CancellationError` alone.
    func send(_ delivery: WebhookDelivery, now: Int64) async throws -> WebhookSchedule.Outcome {
        do {
            let answer = try await http.send(request(delivery, now))
            // The status is the answer: a body that is too long or breaks off changes nothing.
            do { _ = try await answer.collect(upTo: Self.answerBytes) } catch is TransportError {}
            let pause = answer.headers[.retryAfter].flatMap { RetryAfter.pause($0, now: Int(now)) }
            return .answered(status: answer.status, retryAfter: pause)
        } catch let error as TransportError {
            if let detail = error.detail {
                logger.info("A webhook was not sent", metadata: ["host": "\(delivery.host)", "reason": "\(detail)"])
            }
            switch error.kind {
            case .badURL: return .forbidden(error.message)
            case .notPublic where error.detail == nil: return .forbidden(error.message)
            // A name that leads into our network ends as one that leads nowhere does.
            default: return .unanswered(error.message)
            }
        }
    }

    private func request(_ delivery: WebhookDelivery, _ now: Int64) -> ClientRequest {
        let body = signing?.body(of: delivery) ?? delivery.body
        return ClientRequest(
            method: .post, url: delivery.url,
            headers: [
                .contentType: "application/json", .webhookID: delivery.id, .webhookTimestamp: String(now),
                .webhookSignature: secret.signature(id: delivery.id, timestamp: now, body: body),
            ],
            body: .bytes(Array(body.utf8)), timeouts: .init(connect: limit, idle: nil, total: limit),
            destination: .outside(rules))
    }
}

extension HTTPField.Name {
    /// Standard Webhooks. The literals are tokens, so the names exist.
    static let webhookID = HTTPField.Name("webhook-id")!
    static let webhookTimestamp = HTTPField.Name("webhook-timestamp")!
    static let webhookSignature = HTTPField.Name("webhook-signature")!
}

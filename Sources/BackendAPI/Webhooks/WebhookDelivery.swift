import JSONText
import Outbound

/// A webhook as the database has it.
struct WebhookDelivery: Sendable, Equatable {
    enum State: String, Sendable {
        /// It is sent, or will be.
        case pending
        case delivered
        /// Given up; it can be sent again by hand.
        case failed
    }

    /// One time that it was sent.
    struct Try: Sendable, Equatable {
        /// A Unix time in milliseconds.
        var at: Int64
        /// What the receiver answered; nil when it did not.
        var status: Int?
        var error: String?
        var milliseconds: Int64
    }

    /// The `webhook-id`.
    var id: String
    var taskID: String
    var event: String
    var url: String
    /// Host and port.
    var host: String
    var body: String
    var state: State
    /// Rises each time that it is sent again by hand, and fences what the round before still has to say.
    var round: Int
    /// Of this round.
    var tries: Int
    /// Unix times in milliseconds.
    var nextAt: Int64
    var createdAt: Int64
    var lastStatus: Int?
    var lastError: String?
    /// Of the task, where it is known and still there.
    var owner: String?

    /// - Parameter attempts: of all rounds, the oldest first.
    func json(_ attempts: [Try]) -> JSON {
        [
            "id": .string(id), "event": .string(event),
            // The query can hold the receiver's secrets.
            "url": .string((try? OutsideURL(url))?.shown ?? ""), "state": .string(state.rawValue), "tries": JSON(tries),
            "next_at": state == .pending ? .string(TaskAnswer.time(nextAt)) : .null,
            "created_at": .string(TaskAnswer.time(createdAt)), "last_status": lastStatus.map { JSON($0) } ?? .null,
            "last_error": lastError.map(JSON.string) ?? .null, "attempts": .array(attempts.map(\.json)),
        ]
    }
}

extension WebhookDelivery.Try {
    var json: JSON {
        [
            "at": .string(TaskAnswer.time(at)), "status": status.map { JSON($0) } ?? .null,
            "error": error.map(JSON.string) ?? .null, "milliseconds": .integer(milliseconds),
        ]
    }
}

import Crypto
import JSONText
import Loop
import Outbound

/// What a receiver is to be told of a task, as it goes into the database with the change that it tells of.
struct WebhookNotice: Sendable, Equatable {
    /// The `webhook-id`: the same however often it is sent, so that a receiver knows what it has seen.
    let id: String
    let taskID: String
    let event: TaskState
    let url: String
    /// Host and port: so many are sent at once to each.
    let host: String
    let body: String
    /// A Unix time in milliseconds.
    let createdAt: Int64

    /// - Parameter task: as it is after the change. A task has one notice of each state at most: a second one of the same
    ///   state is not kept.
    /// - Returns: nil when nobody wants to know.
    @LoopActor
    init?(_ task: GenerationTask, in book: TaskBook) {
        guard let webhook = task.options.webhook, webhook.events.contains(task.state),
            let url = try? OutsideURL(webhook.url)
        else { return nil }
        id = "msg_" + Hex.encode(randomBytes(16))
        taskID = task.id
        event = task.state
        self.url = url.text
        host = url.peer.lowercased()
        createdAt = TaskBook.now()
        body = Self.payload(task, in: book, at: createdAt).text
    }

    /// `type`, `timestamp`, `data`, as Standard Webhooks has it; the data is the task as `GET /tasks/{id}` shows it,
    /// without the picture's base64.
    @LoopActor
    private static func payload(_ task: GenerationTask, in book: TaskBook, at time: Int64) -> JSON {
        [
            "type": .string("task.\(task.state.rawValue)"), "timestamp": .string(TaskAnswer.time(time)),
            "data": TaskAnswer.long(LiveTask(task), in: book),
        ]
    }
}

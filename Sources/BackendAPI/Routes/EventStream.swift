import HTTP
import JSONText
import Loop

/// `GET /tasks/{id}/events`: `status` for each state that the task goes through, `progress`, `preview`, and `done` at
/// the end of every task. A client that reads slowly gets the newest of each, and makes nothing grow here.
///
/// A `status` event's id is its number in the task's history, which is kept: a client that comes back with
/// `Last-Event-ID` gets the states that it has missed, also from a backend that was restarted. Progress and previews
/// have no id, since only the newest counts.
@LoopActor
struct EventStream {
    let book: TaskBook
    let entry: LiveTask
    /// Among those that its client has open.
    let place: OpenStreams.Place
    /// The newest event that the client has seen; 0 for none.
    let seen: Int
    /// What becomes of a task's answer.
    var sign: @LoopActor @Sendable (JSON) -> JSON = { $0 }
    /// Whether the client may still listen: its key can be revoked meanwhile.
    var isWelcome: @LoopActor @Sendable () -> Bool = { true }

    private static let heartbeat: Duration = .seconds(15)

    /// The id of the `done` of a task that has ended.
    static func doneID(of task: GenerationTask) -> Int { task.history.last + 1 }

    var response: Response {
        .events { body in
            defer { place.leave() }
            var isGone = false
            body.onGone {
                isGone = true
                entry.wake()
            }
            var told = Told(seen: seen, sign: sign)
            var lastWord = ContinuousClock.now
            while !isGone {
                guard isWelcome() else { return }
                let revision = entry.revision
                for event in told.news(of: entry, in: book) {
                    try await body.write(event.bytes)
                    lastWord = .now
                }
                if entry.task.state.hasEnded || book.isStopping { return }
                // While it was written to, there may have come something new, or the client may have gone.
                guard entry.revision == revision, !isGone else { continue }
                try await entry.news(after: revision, within: lastWord + Self.heartbeat - .now)
                guard .now - lastWord >= Self.heartbeat, !isGone else { continue }
                try await body.write(ServerSentEvent.comment)
                lastWord = .now
            }
        }
    }

    /// What one client has been told.
    @LoopActor
    private struct Told {
        private var seen: Int
        private var progress = 0.0
        private var preview = ""

        private let sign: @LoopActor @Sendable (JSON) -> JSON

        init(seen: Int, sign: @escaping @LoopActor @Sendable (JSON) -> JSON) {
            self.seen = seen
            self.sign = sign
        }

        mutating func news(of entry: LiveTask, in book: TaskBook) -> [ServerSentEvent] {
            let task = entry.task
            var events = states(of: entry, in: book)
            if entry.progress != progress, task.state == .running {
                progress = entry.progress
                let data: JSON = ["progress": .double(progress)]
                events.append(ServerSentEvent("progress", data: data.text))
            }
            if let image = entry.preview, image.base64 != preview, task.options.previews {
                preview = image.base64
                let data: JSON = ["mime": .string(image.mime), "data": .string(preview)]
                events.append(ServerSentEvent("preview", data: data.text))
            }
            if task.state.hasEnded {
                let data = sign(TaskAnswer.long(entry, in: book))
                events.append(ServerSentEvent("done", data: data.text, id: String(EventStream.doneID(of: task))))
            }
            return events
        }

        /// The newest state comes with the whole task.
        private mutating func states(of entry: LiveTask, in book: TaskBook) -> [ServerSentEvent] {
            let history = entry.task.history
            let events = history.changes(after: seen).map { number, change in
                var data: JSONObject =
                    number == history.last
                    ? sign(TaskAnswer.long(entry, in: book)).object ?? [:] : ["task_id": .string(entry.task.id)]
                data["status"] = .string(change.state.rawValue)
                data["attempts"] = JSON(change.attempt)
                data["at"] = .string(TaskAnswer.time(change.at))
                return ServerSentEvent("status", data: JSON.object(data).text, id: String(number))
            }
            if !events.isEmpty { progress = 0 }
            seen = max(seen, history.last)
            return events
        }
    }
}

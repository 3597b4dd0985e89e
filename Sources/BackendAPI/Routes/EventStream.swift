import HTTP
import JSONText
import Loop

/// `GET /tasks/{id}/events`: `status`, `progress`, `preview`, and `done` at the end of every task. A client that reads
/// slowly gets the newest of each, and makes nothing grow here.
@LoopActor
struct EventStream {
    let book: TaskBook
    let entry: LiveTask

    /// `done` has one id for every task, so that a client that has seen it can say so.
    nonisolated static let doneID = 1_000_000_000
    private static let heartbeat: Duration = .seconds(15)

    var response: Response {
        .events { body in
            var told = Told()
            while true {
                let revision = entry.revision
                for event in told.news(of: entry, position: book.queue.position(of: entry.task.id)) {
                    try await body.write(event.bytes)
                }
                if entry.task.state.hasEnded || book.isStopping { return }
                guard entry.revision == revision else { continue }
                try await entry.news(after: revision, within: Self.heartbeat)
                if entry.revision == revision { try await body.write(ServerSentEvent.comment) }
            }
        }
    }

    private struct Told {
        private var state: TaskState?
        private var attempt = 0
        private var progress = 0.0
        private var preview = ""

        @LoopActor
        mutating func news(of entry: LiveTask, position: Int?) -> [ServerSentEvent] {
            let task = entry.task
            var events: [ServerSentEvent] = []
            if state != task.state || attempt != task.attempt {
                (state, attempt, progress) = (task.state, task.attempt, 0)
                events.append(
                    event("status", TaskAnswer.long(entry, position: position, image: nil, withImage: false), entry))
            }
            if entry.progress > progress, task.state == .running {
                progress = entry.progress
                events.append(event("progress", ["progress": .double(progress)], entry))
            }
            if let image = entry.preview, image.base64 != preview, task.options.previews {
                preview = image.base64
                events.append(event("preview", ["mime": .string(image.mime), "data": .string(preview)], entry))
            }
            if task.state.hasEnded {
                let data = TaskAnswer.long(entry, position: nil, image: nil, withImage: false)
                events.append(ServerSentEvent("done", data: data.text, id: String(EventStream.doneID)))
            }
            return events
        }

        @LoopActor
        private func event(_ name: String, _ data: JSON, _ entry: LiveTask) -> ServerSentEvent {
            ServerSentEvent(name, data: data.text, id: String(entry.revision))
        }
    }
}

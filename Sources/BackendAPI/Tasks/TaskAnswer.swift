import Glibc
import JSONText
import Loop

/// A task as clients see it (contract: `POST /generate`, `GET /tasks/{id}`).
@LoopActor
enum TaskAnswer {
    /// The short form, with the picture when it is done.
    static func short(_ task: GenerationTask, image: String?) -> JSON {
        [
            "task_id": .string(task.id), "status": .string(task.state.rawValue),
            "image": image.map(JSON.string) ?? .null, "error": task.error.map(JSON.string) ?? .null,
        ]
    }

    /// The long form with the picture.
    ///
    /// - Parameter image: base64 of the first picture.
    static func long(_ entry: LiveTask, in book: TaskBook, image: String?) -> JSON {
        var members = short(entry.task, image: image).object ?? [:]
        for (name, value) in long(entry, in: book).object ?? [:] { members[name] = value }
        return .object(members)
    }

    /// The long form without base64, for lists and events.
    static func long(_ entry: LiveTask, in book: TaskBook) -> JSON {
        let task = entry.task
        var members = short(task, image: nil).object ?? [:]
        members["image"] = nil
        members["mode"] = .string(task.workflow)
        members["version"] = .string(task.version)
        members["progress"] = .double(task.state == .done ? 1 : entry.progress)
        members["queue_position"] = book.queue.position(of: task.id).map { JSON($0) } ?? .null
        members["estimated_seconds"] = book.estimate(entry).map { .double(($0 * 10).rounded() / 10) } ?? .null
        members["created_at"] = .string(time(task.createdAt))
        members["started_at"] = task.startedAt.map { .string(time($0)) } ?? .null
        members["finished_at"] = task.finishedAt.map { .string(time($0)) } ?? .null
        members["attempts"] = JSON(task.attempt)
        members["source"] = task.source.map(JSON.string) ?? .null
        members["seed"] = task.seed.map { JSON($0) } ?? .null
        members["images"] = .array(task.images.map { .string("/images/\($0)") })
        members["warnings"] = .array(task.warnings.map(JSON.string))
        return .object(members)
    }

    /// RFC 3339 in UTC, with milliseconds.
    nonisolated static func time(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let text = [UInt8](unsafeUninitializedCapacity: 32) { room, count in
            room.withMemoryRebound(to: CChar.self) {
                count = strftime($0.baseAddress, 32, "%Y-%m-%dT%H:%M:%S.", &parts)
            }
        }
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        return "\(String(decoding: text, as: UTF8.self))\(fraction)Z"
    }
}

import Foundation
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

    /// The long form.
    ///
    /// - Parameter image: base64 of the first picture; left out of lists by `withImage: false`.
    static func long(_ entry: LiveTask, position: Int?, image: String?, withImage: Bool = true) -> JSON {
        let task = entry.task
        var members = short(task, image: image).object ?? [:]
        if !withImage { members["image"] = nil }
        members["mode"] = .string(task.workflow)
        members["version"] = .string(task.version)
        members["progress"] = .double(task.state == .done ? 1 : entry.progress)
        members["queue_position"] = position.map { JSON($0) } ?? .null
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
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            .formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
            + "Z"
    }
}

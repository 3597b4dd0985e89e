import Logging
import Loop

/// A task in memory: its row, how far it is, and who waits for news of it.
@LoopActor
final class LiveTask {
    var task: GenerationTask
    /// 0…1 of the attempt under way.
    var progress = 0.0
    var preview: (mime: String, base64: String)?
    /// Its end is on its way to the disk: nobody may claim it or end it another way.
    var isEnding = false
    /// When ComfyUI began with the attempt under way; the running deadline counts from here.
    var runningSince: ContinuousClock.Instant?
    /// How often somebody else has interrupted it.
    var interruptions = 0
    /// How often the GPU had not enough memory for it.
    var shortages = 0
    /// Rises with each change.
    private(set) var revision = 0
    /// Of the request that made it, for the logs of both services; nil after a restart.
    var requestID: String?
    private var change: LoopEvent?

    /// When it was accepted, on a clock that nobody sets: the wall's is asked once, when it comes into memory.
    let acceptedAt: ContinuousClock.Instant

    init(_ task: GenerationTask) {
        self.task = task
        acceptedAt = .now - .milliseconds(max(0, TaskBook.now() - task.createdAt))
    }

    func changed() {
        revision += 1
        wake()
    }

    /// Has everybody who waits for news look, without any.
    func wake() {
        let event = change
        change = nil
        event?.signal()
    }

    /// Waits until the revision is another than `seen`, at most `limit`.
    ///
    /// - Throws: `CancellationError`.
    func news(after seen: Int, within limit: Duration) async throws {
        guard revision == seen, limit > .zero else { return }
        let event = change ?? LoopEvent()
        change = event
        _ = try await event.wait(within: limit)
    }
}

extension LiveTask {
    /// What each log line of it says.
    var facts: Logger.Metadata {
        var facts: Logger.Metadata = [
            "task": .string(task.id), "workflow": .string(task.workflow), "attempt": .stringConvertible(task.attempt),
        ]
        if let requestID { facts["request_id"] = .string(requestID) }
        if let parent = task.parent { facts["parent"] = .string(parent) }
        return facts
    }
}

import GRDB
import Glibc
import JSONText
import Logging
import Loop
import Wire

/// A task in memory: its row, how far it is, and who waits for news of it.
@LoopActor
final class LiveTask {
    var task: GenerationTask
    /// 0…1 of the attempt under way.
    var progress = 0.0
    var preview: (mime: String, base64: String)?
    var isCancelling = false
    /// Its end is on its way to the disk: nobody may claim it or end it another way.
    fileprivate(set) var isEnding = false
    /// When ComfyUI began with the attempt under way; the running deadline counts from here.
    var runningSince: ContinuousClock.Instant?
    /// How often somebody else has interrupted it.
    var interruptions = 0
    /// Rises with each change.
    private(set) var revision = 0
    private var change = LoopEvent()

    init(_ task: GenerationTask) { self.task = task }

    func changed() {
        revision += 1
        let event = change
        change = LoopEvent()
        event.signal()
    }

    /// Waits until the revision is another than `seen`, at most `limit`.
    ///
    /// - Throws: `CancellationError`.
    func news(after seen: Int, within limit: Duration) async throws {
        guard revision == seen, limit > .zero else { return }
        let event = change
        do { try await withDeadline(limit) { try await event.wait() } } catch is DeadlineExceeded {}
    }
}

/// All tasks: the live ones in memory, so that no read of one waits for a commit, and every one in the database.
@LoopActor
final class TaskBook {
    private let database: TaskDatabase
    private let logger: Logger
    private var live: [String: LiveTask] = [:]
    /// Ended ones stay a while, for those who poll.
    private var ended: [String] = []
    private var nextNumber = 1
    private(set) var queue = TaskQueue()
    /// Signalled when the queue has something that it did not have.
    var onQueued: @LoopActor () -> Void = {}

    private static let rememberedEnds = 1000

    init(database: TaskDatabase, logger: Logger) {
        self.database = database
        self.logger = logger
    }

    /// Takes back what was under way when the process before this one ended.
    func load() async throws {
        try await database.write { try TaskRow.takeBack($0) }
        let (tasks, last) = try await database.read { (try TaskRow.live($0), try TaskRow.lastNumber($0)) }
        nextNumber = last + 1
        for task in tasks {
            live[task.id] = LiveTask(task)
            queue.add(task)
        }
        if !tasks.isEmpty { logger.info("Tasks taken up again", metadata: ["count": .stringConvertible(tasks.count)]) }
    }

    /// Tasks that wait, with those on their way to the disk.
    var waitingCount: Int { queue.count + accepting }
    private var accepting = 0

    /// Accepts a task: returns once it is on the disk.
    func accept(_ task: GenerationTask) async throws -> LiveTask {
        var task = task
        task.number = nextNumber
        nextNumber += 1
        accepting += 1
        defer { accepting -= 1 }
        let row = task
        try await database.write { try TaskRow.insert(row, $0) }
        let entry = LiveTask(task)
        live[task.id] = entry
        queue.add(task)
        onQueued()
        return entry
    }

    /// A task, from memory or from the database.
    func find(_ id: String) async throws -> LiveTask? {
        if let entry = live[id] { return entry }
        let row = try await database.read { try TaskRow.find(id, $0) }
        // It may have been accepted while the database was asked: then the one that moves is in memory.
        return live[id] ?? row.map { LiveTask($0) }
    }

    func page(state: String?, workflow: String?, before number: Int, limit: Int) async throws -> [GenerationTask] {
        try await database.read {
            try TaskRow.page(state: state, workflow: workflow, before: number, limit: limit, $0)
        }
        // The copy in memory may be newer than the row.
        .map { live[$0.id]?.task ?? $0 }
    }

    /// Claims the first queued task that `accept` likes.
    func claim(where accept: (GenerationTask) -> Bool) -> LiveTask? {
        guard let id = queue.take(where: { live[$0].map { accept($0.task) } ?? false }), let entry = live[id] else {
            return nil
        }
        entry.task.state = .running
        entry.task.epoch += 1
        entry.progress = 0
        entry.preview = nil
        let row = entry.task
        database.enqueue { try TaskRow.claim(row, $0) }
        entry.changed()
        return entry
    }

    /// Puts a running task back into the queue; losing this only means finding the prompt again.
    func putBack(_ entry: LiveTask) {
        entry.task.state = .queued
        let row = entry.task
        database.enqueue { try TaskRow.update(row, from: .running, $0) }
        queue.add(row)
        entry.changed()
        onQueued()
    }

    /// Ends a task: on the disk first, then told. It has one end: while that is on its way, it is neither claimed nor
    /// ended another way.
    ///
    /// - Returns: whether this was its end.
    @discardableResult
    func end(
        _ entry: LiveTask, as state: TaskState, _ edit: (inout GenerationTask) -> Void = { _ in }
    ) async throws -> Bool {
        guard !entry.task.state.hasEnded, !entry.isEnding else { return false }
        entry.isEnding = true
        defer { entry.isEnding = false }
        let before = entry.task
        queue.remove(before.id)
        var row = before
        row.state = state
        row.finishedAt = Self.now()
        edit(&row)
        let final = row
        do {
            guard try await database.write({ try TaskRow.update(final, from: before.state, $0) }) else { throw Stale() }
        } catch {
            if before.state == .queued { queue.add(before) }
            throw error
        }
        entry.task = row
        entry.preview = nil
        remember(row.id)
        entry.changed()
        return true
    }

    /// The row is not what the memory says: another has moved it.
    struct Stale: Error {}

    /// Notes that ComfyUI has begun.
    func started(_ entry: LiveTask) {
        if entry.runningSince == nil { entry.runningSince = .now }
        guard entry.task.startedAt == nil else { return }
        entry.task.startedAt = Self.now()
        let row = entry.task
        database.enqueue { try TaskRow.start(row, $0) }
        entry.changed()
    }

    /// The service stops: nobody waits for news any more.
    private(set) var isStopping = false

    /// Wakes everybody who waits for news: the service stops.
    func wakeAll() {
        isStopping = true
        for entry in live.values { entry.changed() }
    }

    private func remember(_ id: String) {
        ended.append(id)
        if ended.count > Self.rememberedEnds { live[ended.removeFirst()] = nil }
    }

    /// Milliseconds since 1970.
    nonisolated static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

import GRDB
import Glibc
import JSONText
import Logging
import Loop

/// All tasks: the live ones in memory, so that no read of one waits for a commit, and every one in the database.
@LoopActor
final class TaskBook {
    private let database: TaskDatabase
    private let logger: Logger
    private(set) var live: [String: LiveTask] = [:]
    /// Ended ones stay a while, for those who poll.
    private var ended: [String] = []
    private var nextNumber = 1
    private(set) var accepting = 0
    private(set) var queue = TaskQueue()
    private(set) var times = ServiceTimes()
    /// Tasks that are neither queued nor ended.
    private(set) var runningCount = 0
    /// Errands that have not begun.
    private(set) var waitingErrands = 0
    /// Tasks that have not ended, by their owner; steps of others do not count.
    private(set) var unended: [String: Int] = [:]
    /// Called when the queue has something that it did not have.
    var onQueued: @LoopActor () -> Void = {}
    /// Called with a task that is no work for the queue.
    var onErrand: @LoopActor (LiveTask) -> Void = { _ in }
    /// Called with each task that has ended.
    var onEnd: @LoopActor (GenerationTask) -> Void = { _ in }
    /// Called when there may be a webhook to send.
    var onNotice: @LoopActor () -> Void = {}

    private static let rememberedEnds = 1000

    init(database: TaskDatabase, logger: Logger) {
        self.database = database
        self.logger = logger
    }

    /// Takes back what was under way when the process before this one ended.
    func load() async throws {
        let now = Self.now()
        try await database.write { try TaskRow.takeBack(at: now, $0) }
        let (tasks, last) = try await database.read { (try TaskRow.live($0), try TaskRow.lastNumber($0)) }
        nextNumber = last + 1
        for task in tasks {
            live[task.id] = LiveTask(task)
            count(task, 1)
            if task.errand == nil { queue.add(task) } else { waitingErrands += 1 }
        }
        if !tasks.isEmpty { logger.info("Tasks taken up again", metadata: ["count": .stringConvertible(tasks.count)]) }
    }

    /// Accepts a task: returns once it is on the disk.
    ///
    /// - Parameters:
    ///   - requestID: of the request that makes it.
    ///   - also: written with it, or not at all.
    func accept(
        _ task: GenerationTask, requestID: String? = nil, also: @escaping @Sendable (Database) throws -> Void = { _ in }
    ) async throws -> LiveTask {
        var task = task
        task.number = nextNumber
        nextNumber += 1
        task.move(to: .queued, at: task.createdAt)
        accepting += 1
        defer { accepting -= 1 }
        let row = task
        let notice = WebhookNotice(row, in: self)
        count(row, 1)
        do {
            try await database.write { database in
                try TaskRow.insert(row, database)
                try WebhookRow.insert(notice, database)
                try also(database)
            }
        } catch {
            count(row, -1)
            throw error
        }
        if notice != nil { onNotice() }
        let entry = LiveTask(task)
        entry.requestID = requestID
        live[task.id] = entry
        logger.info("Task accepted", metadata: entry.facts)
        if task.errand != nil { waitingErrands += 1 }
        offer(entry)
        return entry
    }

    private func count(_ task: GenerationTask, _ change: Int) {
        guard task.parent == nil else { return }
        let count = unendedCount(of: task.owner) + change
        unended[task.owner] = count > 0 ? count : nil
    }

    /// Hands out the errands that an earlier process has left.
    func takeUpErrands() {
        let left = live.values.filter { $0.task.errand != nil && $0.task.state == .queued }
        for entry in left.sorted(by: { $0.task.number < $1.task.number }) { onErrand(entry) }
    }

    /// A task, from memory or from the database.
    func find(_ id: String) async throws -> LiveTask? {
        if let entry = live[id] { return entry }
        let row = try await database.read { try TaskRow.find(id, $0) }
        // It may have been accepted while the database was asked: then the one that moves is in memory.
        return live[id] ?? row.map { LiveTask($0) }
    }

    /// - Parameter tenant: whose tasks; nil for everybody's.
    func page(
        of tenant: Tenant?, state: String?, workflow: String?, before number: Int, limit: Int
    ) async throws -> [LiveTask] {
        try await database.read {
            try TaskRow.page(of: tenant, state: state, workflow: workflow, before: number, limit: limit, $0)
        }
        // The copy in memory may be newer than the row.
        .map { live[$0.id] ?? LiveTask($0) }
    }

    // MARK: Moves

    /// Takes the next queued task of a kind that `accept` likes out of the queue; ``begin(_:)`` claims it.
    func take(where accept: (TaskQueue.Kind) -> Bool) -> LiveTask? {
        queue.take(where: accept).flatMap { live[$0] }
    }

    /// Puts a task that was taken, and not begun, into its place again.
    func leave(_ entry: LiveTask) { queue.add(entry.task) }

    /// Claims a queued task: has it begin.
    func begin(_ entry: LiveTask) {
        entry.task.move(to: .running, at: Self.now())
        entry.task.epoch += 1
        entry.progress = 0
        entry.preview = nil
        runningCount += 1
        if entry.task.errand != nil { waitingErrands -= 1 }
        let row = entry.task
        let notice = WebhookNotice(row, in: self)
        database.enqueue {
            try TaskRow.claim(row, $0)
            if $0.changesCount == 1 { try WebhookRow.insert(notice, $0) }
        } done: { _ in
            if notice != nil { self.onNotice() }
        }
        entry.changed()
    }

    /// Writes how far an errand has got; returns once it is on the disk.
    ///
    /// - Throws: ``Stale`` when the task is not this process's any more.
    func save(_ entry: LiveTask, _ edit: (inout Errand) -> Void) async throws {
        guard var errand = entry.task.errand else { return }
        edit(&errand)
        entry.task.errand = errand
        let row = entry.task
        guard try await database.write({ try TaskRow.saveErrand(row, $0) }) else { throw Stale() }
    }

    /// Takes a running task from its pod; losing this only means finding the prompt again. ``queueAgain(_:)`` has it
    /// served.
    func putBack(_ entry: LiveTask) {
        entry.task.move(to: .queued, at: Self.now())
        runningCount -= 1
        let row = entry.task
        database.enqueue { try TaskRow.update(row, $0) }
        entry.changed()
    }

    /// Puts a task that was taken from its pod into its old place in the queue, unless it has ended meanwhile.
    func queueAgain(_ entry: LiveTask) {
        guard entry.task.state == .queued, !entry.isEnding else { return }
        offer(entry)
    }

    /// Has a queued task served; once, however often it is offered.
    private func offer(_ entry: LiveTask) {
        guard entry.task.errand == nil else { return onErrand(entry) }
        queue.add(entry.task)
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
        let before = entry.task
        queue.remove(before.id)
        var row = before
        row.move(to: state, at: Self.now())
        edit(&row)
        let final = row
        let notice = WebhookNotice(final, in: self)
        do {
            let isWritten = try await database.write {
                guard try TaskRow.update(final, $0) else { return false }
                try WebhookRow.insert(notice, $0)
                return true
            }
            guard isWritten else { throw Stale() }
        } catch {
            entry.isEnding = false
            // Whoever would have begun it meanwhile has passed it over.
            if before.state == .queued { offer(entry) }
            throw error
        }
        entry.isEnding = false
        if before.state == .running { runningCount -= 1 } else if before.errand != nil { waitingErrands -= 1 }
        count(row, -1)
        measure(entry, state)
        entry.task = row
        entry.preview = nil
        remember(row.id)
        entry.changed()
        onEnd(row)
        if notice != nil { onNotice() }
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

    /// Notes that a task is to be cancelled: on the disk, so that a death of this process does not forget it.
    func wantCancelled(_ entry: LiveTask) async throws {
        entry.task.isCancelling = true
        let id = entry.task.id
        try await database.write { try TaskRow.wantCancelled(id, $0) }
    }

    private func measure(_ entry: LiveTask, _ state: TaskState) {
        guard state == .done else { return }
        times.ended(
            entry.task.workflow, ran: entry.runningSince.map { .now - $0 }, at: .now,
            wasBusy: queue.count + runningCount > 0)
    }

    /// The service stops: nobody waits for news any more.
    private(set) var isStopping = false

    /// Wakes everybody who waits for news: the service stops.
    func wakeAll() {
        isStopping = true
        for entry in live.values { entry.changed() }
    }

    /// Lets go of tasks whose rows are gone.
    func forget(_ ids: [String]) {
        for id in ids where live[id]?.task.state.hasEnded == true { live[id] = nil }
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

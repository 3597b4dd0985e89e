internal import CLibuv
internal import Synchronization

/// One libuv loop, run by one thread, that Swift concurrency runs its jobs on.
///
/// `enqueue` is the only door that other threads may use. Everything else in this layer is isolated to ``LoopActor``,
/// and so is only ever touched by the thread inside ``run(_:)``.
///
/// `@unchecked Sendable`: `mailbox` is locked, `thread` is atomic, and the rest belongs to the loop's thread.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    public static let shared = EventLoop()

    /// What other threads may touch.
    private struct Mailbox {
        var jobs: [UnownedJob] = []
        /// A wake-up is on its way, so a further one need not be sent.
        var isWakeupPending = false
    }

    private let mailbox = Lock(Mailbox())
    private let thread = Atomic<UInt>(0)

    let loop: UnsafeMutablePointer<uv_loop_t>
    private let wakeup: UnsafeMutablePointer<uv_async_t>
    private let beforePoll: UnsafeMutablePointer<uv_prepare_t>
    private let afterPoll: UnsafeMutablePointer<uv_check_t>
    /// Runs while jobs are left over from a turn, so that the next poll does not wait.
    private let spin: UnsafeMutablePointer<uv_idle_t>

    /// Jobs enqueued on the loop's own thread: no lock, no wake-up.
    private var local: [UnownedJob] = []
    private var batch: [UnownedJob] = []
    private var outcome: Result<Void, any Error>?
    var watchdog = Watchdog()

    private init() {
        loop = .allocate(capacity: 1)
        wakeup = .allocate(capacity: 1)
        beforePoll = .allocate(capacity: 1)
        afterPoll = .allocate(capacity: 1)
        spin = .allocate(capacity: 1)
        let isReady =
            uv_loop_init(loop) == 0 && cuv_loop_measure_idle_time(loop) == 0
            && uv_async_init(loop, wakeup, { EventLoop.of($0?.pointee.data).drain() }) == 0
            && uv_prepare_init(loop, beforePoll) == 0 && uv_check_init(loop, afterPoll) == 0
            && uv_idle_init(loop, spin) == 0
        precondition(isReady, "libuv could not make a loop (no file descriptors left?)")
        let this = Unmanaged.passUnretained(self).toOpaque()
        wakeup.pointee.data = this
        beforePoll.pointee.data = this
        afterPoll.pointee.data = this
        uv_prepare_start(beforePoll) { EventLoop.of($0?.pointee.data).endTurn() }
        uv_check_start(afterPoll) { EventLoop.of($0?.pointee.data).drain() }
    }

    private static func of(_ data: UnsafeMutableRawPointer?) -> EventLoop {
        // The pointer is the shared loop's own, set in `init`, and the loop lives as long as the process.
        Unmanaged<EventLoop>.fromOpaque(data!).takeUnretainedValue()
    }

    // MARK: Executor

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent { return local.append(job) }
        let mustWake = mailbox.withLock { mailbox in
            mailbox.jobs.append(job)
            defer { mailbox.isWakeupPending = true }
            return !mailbox.isWakeupPending
        }
        if mustWake { uv_async_send(wakeup) }
    }

    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    public func checkIsolated() {
        precondition(isCurrent, "expected to be on the event loop's thread")
    }

    /// Whether the caller is on the loop's thread.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(uv_thread_self()) }

    /// Runs what is waiting, and what that adds, for a bounded number of rounds; the rest waits for the next turn, so
    /// that a busy task cannot starve the sockets.
    private func drain() {
        for _ in 0..<Self.roundsPerTurn {
            takeMail()
            guard !local.isEmpty else { break }
            swap(&local, &batch)
            for job in batch {
                job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
            batch.removeAll(keepingCapacity: true)
        }
    }

    private static var roundsPerTurn: Int { 32 }

    private func takeMail() {
        mailbox.withLock { mailbox in
            mailbox.isWakeupPending = false
            guard !mailbox.jobs.isEmpty else { return }
            local.append(contentsOf: mailbox.jobs)
            mailbox.jobs.removeAll(keepingCapacity: true)
        }
    }

    /// The last thing before the loop waits for its sockets.
    private func endTurn() {
        drain()
        let slow = watchdog.turnEnded(busyClock: uv_hrtime() &- uv_metrics_idle_time(loop))
        if let slow, let report = watchdog.report { LoopActor.assumeIsolated { report(slow) } }
        if local.isEmpty { uv_idle_stop(spin) } else { uv_idle_start(spin) { _ in } }
    }

    // MARK: Running

    /// Gives the calling thread to the loop until `body` returns.
    ///
    /// - Throws: what `body` throws.
    public func run(_ body: @escaping @LoopActor @Sendable () async throws -> Void) throws {
        thread.store(UInt(uv_thread_self()), ordering: .relaxed)
        outcome = nil
        Task(executorPreference: self) { await self.finish(body) }
        while outcome == nil { uv_run(loop, UV_RUN_DEFAULT) }
        // What `body` closed at its end is let go of in the turns after.
        for _ in 0..<Self.roundsPerTurn { uv_run(loop, UV_RUN_NOWAIT) }
        try outcome?.get()
    }

    @LoopActor
    private func finish(_ body: @LoopActor () async throws -> Void) async {
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        uv_stop(loop)
    }

    /// How many handles libuv still holds, closing ones included and the loop's own four left out.
    @LoopActor public var handleCount: Int {
        var count = 0
        uv_walk(loop, { _, count in count?.assumingMemoryBound(to: Int.self).pointee += 1 }, &count)
        return count - 4
    }
}

/// Waits on the loop's own timer.
///
/// - Throws: `CancellationError` at once when the task is cancelled.
@LoopActor
public func sleep(for duration: Duration) async throws {
    let event = LoopEvent()
    let timer = LoopTimer { event.signal() }
    timer.start(after: duration)
    defer { timer.close() }
    try await event.wait()
}

/// What ``withDeadline(_:_:)`` throws when the time is over.
public struct DeadlineExceeded: Error, Equatable, Sendable, CustomStringConvertible {
    public let limit: Duration
    public var description: String { "not done within \(limit)" }
}

/// Runs `body` for at most `limit`, then cancels it.
///
/// Returns only when `body` has: it must answer to cancellation, as all waiting in this layer does.
/// - Throws: ``DeadlineExceeded`` when the time was over before `body` ended; else what `body` throws.
@LoopActor
public func withDeadline<Result: Sendable>(
    _ limit: Duration, _ body: @escaping @LoopActor @Sendable () async throws -> Result
) async throws -> Result {
    let work = Task(executorPreference: EventLoop.shared) { try await body() }
    var isOver = false
    let timer = LoopTimer {
        isOver = true
        work.cancel()
    }
    timer.start(after: limit)
    defer { timer.close() }
    do {
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
    } catch  where isOver {
        throw DeadlineExceeded(limit: limit)
    }
}

/// Something that happens once, and any number of tasks can wait for.
@LoopActor
public final class LoopEvent {
    private var hasHappened = false
    private var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
    private var nextWaiter = 0
    /// Waiters whose time was over before they had begun to wait.
    private var late: Set<Int> = []

    public init() {}

    /// Lets go everybody who waits, now and later. A second call does nothing.
    public func signal() {
        hasHappened = true
        let released = waiters
        waiters = [:]
        for waiter in released.values { waiter.resume() }
    }

    /// Whether it has happened.
    public var isSignalled: Bool { hasHappened }

    /// - Throws: `CancellationError` when the task is cancelled before it happens.
    public func wait() async throws {
        try Task.checkCancellation()
        if hasHappened { return }
        let number = nextWaiter
        nextWaiter += 1
        try await wait(as: number)
    }

    /// Waits for at most `limit`: with a timer alone, where ``withDeadline(_:_:)`` takes a task.
    ///
    /// - Returns: whether it has happened.
    /// - Throws: `CancellationError` when the task is cancelled before either.
    public func wait(within limit: Duration) async throws -> Bool {
        try Task.checkCancellation()
        if hasHappened { return true }
        let number = nextWaiter
        nextWaiter += 1
        let timer = LoopTimer { [weak self] in self?.timeIsUp(number) }
        timer.start(after: limit)
        defer {
            timer.close()
            late.remove(number)
        }
        try await wait(as: number)
        return hasHappened
    }

    private func timeIsUp(_ number: Int) {
        guard let waiter = waiters.removeValue(forKey: number) else { return _ = late.insert(number) }
        waiter.resume()
    }

    private func wait(as number: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
                // Other tasks can have had their turn since the checks above, because getting here may suspend. Nobody
                // would come for this waiter any more.
                if hasHappened || late.contains(number) { return waiter.resume() }
                if Task.isCancelled { return waiter.resume(throwing: CancellationError()) }
                waiters[number] = waiter
            }
        } onCancel: {
            Task(executorPreference: EventLoop.shared) { await self.cancel(number) }
        }
    }

    private func cancel(_ number: Int) {
        waiters.removeValue(forKey: number)?.resume(throwing: CancellationError())
    }
}

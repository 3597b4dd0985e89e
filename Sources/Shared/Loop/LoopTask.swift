/// Begins a task that stays on the loop.
///
/// A plain `Task { … }` of the loop's does not: it prefers no executor, so each continuation that resumes it goes
/// through a thread of the global pool, and each call in it comes back through the loop's queue.
@discardableResult
public func loopTask<Success: Sendable>(
    _ work: @escaping @LoopActor @Sendable () async -> Success
) -> Task<Success, Never> {
    Task(executorPreference: EventLoop.shared) { await work() }
}

internal import CLibuv

/// Runs `work` on a thread of libuv's pool (four by default, `UV_THREADPOOL_SIZE` sets it) and comes back to the loop.
///
/// For what takes over a millisecond: pictures, files, large base64 and JSON. It cannot be cancelled once begun.
/// - Throws: what `work` throws.
@LoopActor
public func offLoop<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let result = Handover<Swift.Result<Result, any Error>>()
        PoolWork(
            body: { result.value = Swift.Result { try work() } },
            then: { continuation.resume(with: result.value ?? .failure(CancellationError())) }
        ).queue()
    }
}

/// As ``offLoop(_:)``, but after `limit`, or when the task is cancelled, the caller goes on without the result: for
/// calls of C that can take any time, such as a name lookup. The work keeps its thread until it returns.
///
/// - Throws: ``DeadlineExceeded``, `CancellationError`, else what `work` throws.
@LoopActor
public func offLoop<Result: Sendable>(
    abandonAfter limit: Duration, _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
    let done = LoopEvent()
    let task = Task(executorPreference: EventLoop.shared) {
        let result = await Task(executorPreference: EventLoop.shared) { try await offLoop(work) }.result
        await done.signal()
        return try result.get()
    }
    try await withDeadline(limit) { try await done.wait() }
    return try await task.value
}

/// A value that a pool thread leaves for the loop.
///
/// `@unchecked Sendable`: libuv calls back on the loop only after the pool's thread has done, with a lock in between.
private final class Handover<Value>: @unchecked Sendable {
    var value: Value?
}

/// One piece of work on its way through the pool. libuv holds it from `queue` to `then`.
private final class PoolWork: Sendable {
    let body: @Sendable () -> Void
    let then: @Sendable () -> Void

    init(body: @escaping @Sendable () -> Void, then: @escaping @Sendable () -> Void) {
        self.body = body
        self.then = then
    }

    @LoopActor
    func queue() {
        let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        // Fails only for a missing callback, and this passes both.
        uv_queue_work(EventLoop.shared.loop, request, onPoolThread, onLoopAgain)
    }
}

private func onPoolThread(_ request: UnsafeMutablePointer<uv_work_t>?) {
    owner(of: request?.pointee.data, as: PoolWork.self)?.body()
}

private func onLoopAgain(_ request: UnsafeMutablePointer<uv_work_t>?, _: Int32) {
    guard let request, let data = request.pointee.data else { return }
    request.deallocate()
    Unmanaged<PoolWork>.fromOpaque(data).takeRetainedValue().then()
}

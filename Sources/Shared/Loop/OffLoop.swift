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

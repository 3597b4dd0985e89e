internal import CLibuv

/// Runs `work` on a thread of libuv's pool (four by default, `UV_THREADPOOL_SIZE` sets it) and comes back to the loop.
///
/// For what takes over a millisecond: pictures, files, large base64 and JSON. It cannot be cancelled once begun.
/// - Throws: what `work` throws.
@LoopActor
public func offLoop<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        var result: Swift.Result<Result, any Error>?
        PoolWork.queue {
            result = Swift.Result { try work() }
        } then: {
            continuation.resume(with: result ?? .failure(CancellationError()))
        }
    }
}

/// One piece of work on its way through the pool. libuv holds it from `queue` to `finish`.
private final class PoolWork {
    private let body: () -> Void
    private let then: () -> Void
    private let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)

    private init(_ body: @escaping () -> Void, _ then: @escaping () -> Void) {
        self.body = body
        self.then = then
    }

    deinit { request.deallocate() }

    @LoopActor
    static func queue(_ body: @escaping () -> Void, then: @escaping () -> Void) {
        let work = PoolWork(body, then)
        work.request.pointee.data = Unmanaged.passRetained(work).toOpaque()
        // Fails only for a missing callback, and this passes both.
        uv_queue_work(
            EventLoop.shared.loop, work.request, { PoolWork.of($0)?.body() }, { request, _ in PoolWork.end(request) })
    }

    private static func of(_ request: UnsafeMutablePointer<uv_work_t>?) -> PoolWork? {
        owner(of: request?.pointee.data)
    }

    private static func end(_ request: UnsafeMutablePointer<uv_work_t>?) {
        guard let data = request?.pointee.data else { return }
        Unmanaged<PoolWork>.fromOpaque(data).takeRetainedValue().then()
    }
}

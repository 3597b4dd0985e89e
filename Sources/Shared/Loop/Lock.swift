internal import Glibc

/// A value that only one thread at a time can touch: the one lock of the house.
///
/// It stands over a pthread mutex and not over `Synchronization.Mutex`, whose futex the thread sanitizer cannot see and
/// so takes for a race.
///
/// `@unchecked Sendable`: `value` is reached only between lock and unlock.
public final class Lock<Value>: @unchecked Sendable {
    private var value: Value
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    /// Takes over `value`; nothing else may keep a reference into it.
    public init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        let status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "pthread_mutex_init: \(status)")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` with the value while no other thread can. Keep it short, and never wait inside.
    @discardableResult
    public func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure)
        -> Result
    {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}

internal import CLibuv

/// A timer on the loop, accurate to a millisecond. Dropping the last reference closes it.
@LoopActor
public final class LoopTimer {
    private let handle: UnsafeMutablePointer<uv_timer_t>
    private let fire: @LoopActor () -> Void
    private var isOpen = true

    /// A stopped timer that calls `fire` when it is due.
    public init(_ fire: @escaping @LoopActor () -> Void) {
        self.fire = fire
        handle = .allocate(capacity: 1)
        uv_timer_init(EventLoop.shared.loop, handle)  // never fails: it only fills in the struct
        handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    isolated deinit { close() }

    /// Arms the timer anew; one that was armed already is moved. Each wait is rounded up to a millisecond.
    public func start(after delay: Duration, every interval: Duration? = nil) {
        guard isOpen else { return }
        // Else the time that this turn took so far would be missing from the wait.
        uv_update_time(EventLoop.shared.loop)
        let period = interval.map { max(1, UInt64(clamping: $0.milliseconds)) } ?? 0
        uv_timer_start(handle, onTimer, UInt64(clamping: delay.milliseconds), period)
    }

    public func stop() {
        guard isOpen else { return }
        uv_timer_stop(handle)
    }

    /// Ends the timer for good; safe to call twice.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        closeHandle(handle)
    }

    /// The loop's clock, in milliseconds.
    public static var now: UInt64 {
        uv_update_time(EventLoop.shared.loop)
        return uv_now(EventLoop.shared.loop)
    }

    fileprivate func isDue() { fire() }
}

private func onTimer(_ handle: UnsafeMutablePointer<uv_timer_t>?) {
    guard let timer = owner(of: handle?.pointee.data, as: LoopTimer.self) else { return }
    LoopActor.assumeIsolated { timer.isDue() }
}

extension Duration {
    /// Whole milliseconds, rounded up, never below zero: libuv's unit of time.
    public var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, isOver) = product.addingReportingOverflow(
            (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        guard !overflow, !isOver else { return seconds < 0 ? 0 : .max }
        return max(0, sum)
    }

    /// As a number of seconds.
    public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

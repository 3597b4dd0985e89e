/// Notices turns of the loop that took too long: whatever ran in one should have left the loop for a thread.
struct Watchdog {
    /// The loop's busy clock (nanoseconds, waiting left out) when the last turn ended.
    private var last: UInt64 = 0
    /// A turn at least this long is reported, in nanoseconds.
    var threshold: UInt64 = .max
    var report: (@LoopActor (Duration) -> Void)?
    private(set) var longest: UInt64 = 0

    /// Takes the busy clock at the end of a turn; the difference to the last one is what the turn took.
    mutating func turnEnded(busyClock: UInt64) {
        let took = busyClock &- last
        let isFirst = last == 0
        last = busyClock
        guard !isFirst else { return }
        longest = max(longest, took)
        guard took >= threshold, let report else { return }
        LoopActor.assumeIsolated { report(.nanoseconds(Int64(clamping: took))) }
    }

    /// The longest turn since the last call.
    mutating func takeLongest() -> Duration {
        defer { longest = 0 }
        return .nanoseconds(Int64(clamping: longest))
    }
}

extension EventLoop {
    /// Calls `report` after each turn that kept the loop busy for at least `threshold` (the house allows 50 ms).
    @LoopActor
    public func watch(threshold: Duration, report: @escaping @LoopActor (Duration) -> Void) {
        watchdog.threshold = UInt64(clamping: threshold.milliseconds) * 1_000_000
        watchdog.report = report
    }

    /// The longest turn since the last call: the loop's lag, for the metrics.
    @LoopActor
    public func takeLongestTurn() -> Duration { watchdog.takeLongest() }
}

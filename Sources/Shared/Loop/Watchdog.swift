/// Notices turns of the loop that took too long: whatever ran in one should have left the loop for a thread.
struct Watchdog {
    /// The loop's busy clock (nanoseconds, waiting left out) when the last turn ended.
    private var last: UInt64 = 0
    /// A turn at least this long is reported, in nanoseconds.
    var threshold: UInt64 = .max
    var report: (@LoopActor (Duration) -> Void)?
    private(set) var longest: UInt64 = 0

    /// Takes the busy clock at the end of a turn; the difference to the last one is what the turn took.
    ///
    /// - Returns: what the turn took, when that is to be reported. The report is the caller's to call: it may come back
    ///   here.
    mutating func turnEnded(busyClock: UInt64) -> Duration? {
        let took = busyClock &- last
        let isFirst = last == 0
        last = busyClock
        guard !isFirst else { return nil }
        longest = max(longest, took)
        return took >= threshold ? .nanoseconds(Int64(clamping: took)) : nil
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
        let (nanoseconds, isOver) = UInt64(clamping: threshold.milliseconds).multipliedReportingOverflow(by: 1_000_000)
        watchdog.threshold = isOver ? .max : nanoseconds
        watchdog.report = report
    }

    /// The longest turn since the last call: the loop's lag, for the metrics.
    @LoopActor
    public func takeLongestTurn() -> Duration { watchdog.takeLongest() }
}

import Loop

/// So much a minute, with the whole minute's worth at once for who has kept still: tokens come back evenly, and what is
/// asked for is taken out of them. Without a clock: every call is told the time.
struct TokenBucket: Sendable, Equatable {
    /// Below zero for who took more than there was.
    private(set) var level: Double
    private var at: ContinuousClock.Instant

    /// A full one.
    ///
    /// - Parameter quota: tokens a minute, and the most that it holds.
    init(quota: Int, at time: ContinuousClock.Instant) {
        level = Double(quota)
        at = time
    }

    /// Brings it up to a time; one that has passed already changes nothing.
    mutating func refill(quota: Int, at time: ContinuousClock.Instant) {
        let seconds = max(0, (time - at).seconds)
        level = min(Double(quota), level + seconds * Double(quota) / 60)
        at = max(at, time)
    }

    /// Takes tokens if they are there. More than it ever holds are taken from a full one, which then owes them.
    ///
    /// - Returns: whether they were; else nothing is taken.
    mutating func take(_ count: Int, quota: Int, at time: ContinuousClock.Instant) -> Bool {
        refill(quota: quota, at: time)
        // Tokens come in parts: what is there to a billionth is there.
        guard level >= Double(min(count, quota)) - 1e-9 else { return false }
        level -= Double(count)
        return true
    }

    /// Takes tokens whether they are there or not: for what turns out to have cost more.
    mutating func charge(_ count: Int, quota: Int, at time: ContinuousClock.Instant) {
        refill(quota: quota, at: time)
        level -= Double(count)
    }

    /// Whole tokens that are there.
    var remaining: Int { max(0, Int(level + 1e-9)) }

    /// Whole seconds until `count` tokens are there, as of the last refill; at least 0.
    func seconds(until count: Int, quota: Int) -> Int {
        let missing = Double(min(count, quota)) - level
        return missing <= 1e-9 ? 0 : max(1, Int((missing * 60 / Double(quota)).rounded(.up)))
    }
}

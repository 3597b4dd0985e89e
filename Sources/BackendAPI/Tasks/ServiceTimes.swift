import Loop

/// How long tasks take, measured as they end: what estimates and `Retry-After` are made of. A value with no clock.
struct ServiceTimes: Sendable, Equatable {
    /// Seconds from one end to the next while there was always something to do: all pods together.
    var interval: Double? { measured ?? guess }
    private var measured: Double?
    private var guess: Double?
    /// Seconds that a workflow runs.
    private var runs: [String: Double] = [:]
    private var lastEnd: ContinuousClock.Instant?

    /// The newest measurement's share in the mean.
    private static let weight = 0.2
    private static let maxWorkflows = 1000

    /// Notes that a task has ended well.
    ///
    /// - Parameters:
    ///   - ran: from its start in ComfyUI to its end; nil when its start was not seen.
    ///   - wasBusy: whether another ran or waited all the while since the last end.
    mutating func ended(
        _ workflow: String, ran: Duration?, at time: ContinuousClock.Instant, wasBusy: Bool
    ) {
        if let ran, runs.count < Self.maxWorkflows || runs[workflow] != nil {
            runs[workflow] = Self.mean(runs[workflow], ran.seconds)
        }
        if wasBusy, let lastEnd {
            measured = Self.mean(measured, (time - lastEnd).seconds)
        } else if let ran {
            // Nobody waited: what one takes says how long the next will.
            guess = Self.mean(guess, ran.seconds)
        }
        lastEnd = time
    }

    private static func mean(_ old: Double?, _ new: Double) -> Double {
        guard let old else { return new }
        return old + (new - old) * weight
    }

    /// Seconds until a queued task has ended, with so many before it; nil when nothing was measured yet.
    func untilEnd(ahead: Int, of workflow: String) -> Double? {
        guard let interval else { return nil }
        return Double(ahead) * interval + (runs[workflow] ?? interval)
    }

    /// Seconds that are left of a task that has run for `ran`.
    func left(of workflow: String, after ran: Duration) -> Double? {
        runs[workflow].map { max(0, $0 - ran.seconds) }
    }

    /// Whole seconds after which a full queue has room again; a guess where nothing was measured.
    var untilRoom: Int { min(3600, max(1, Int((interval ?? 30).rounded(.up)))) }
}

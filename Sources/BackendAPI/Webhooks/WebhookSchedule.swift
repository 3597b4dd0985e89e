import Loop

/// When a webhook that did not arrive is sent again: a value with no clock and no chance of its own.
struct WebhookSchedule: Sendable, Equatable {
    /// How one try ended.
    enum Outcome: Sendable, Equatable {
        /// The receiver answered. The pause is what its `Retry-After` asked for.
        case answered(status: Int, retryAfter: Duration? = nil)
        /// No answer came.
        case unanswered(String)
        /// The address is one that may not be asked.
        case forbidden(String)
    }

    enum Verdict: Sendable, Equatable {
        case delivered
        case again(after: Duration)
        case failed
    }

    /// In one round; with the pauses below the last one is made about two hours after the first.
    var tries = 10
    var firstPause: Duration = .seconds(5)
    /// Each pause is so many times the one before.
    var factor = 2.3
    /// A pause is up to this part longer or shorter, so that what failed together does not come back together.
    var jitter = 0.1
    /// The most that `Retry-After` can ask for.
    var longestPause: Duration = .seconds(3600)

    /// - Parameters:
    ///   - made: tries of this round, with this one.
    ///   - random: 0…1.
    func verdict(_ outcome: Outcome, made: Int, random: Double) -> Verdict {
        var wanted = Duration.zero
        switch outcome {
        case .answered(200..<300, _): return .delivered
        // Gone for good (RFC 9110 §15.5.11): the receiver wants no more.
        case .answered(410, _), .forbidden: return .failed
        case .answered(_, let pause): wanted = min(pause ?? .zero, longestPause)
        case .unanswered: break
        }
        return made < tries ? .again(after: max(wanted, pause(after: made, random: random))) : .failed
    }

    /// After the first try, the second…
    private func pause(after made: Int, random: Double) -> Duration {
        let pause = (1..<max(1, made)).reduce(firstPause) { pause, _ in min(pause * factor, longestPause) }
        return pause * (1 + jitter * (2 * random - 1))
    }
}

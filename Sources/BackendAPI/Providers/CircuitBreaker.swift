/// Whether a provider that keeps failing is asked at all: a value with no clock. Times are durations since any one moment.
///
/// Closed, it lets everything through and counts failures. Open, it lets nothing through for a while. Half open, it lets
/// one request through: its success closes the breaker, its failure opens it for twice as long.
struct CircuitBreaker: Sendable, Equatable {
    struct Rules: Sendable, Equatable {
        /// So many failures within ``window`` open it.
        var failures = 5
        var window: Duration = .seconds(60)
        /// How long it stays open the first time.
        var pause: Duration = .seconds(30)
        var longestPause: Duration = .seconds(600)
        /// A probe that nobody has reported on for so long is taken to be lost.
        var probePatience: Duration = .seconds(600)
    }

    enum State: Sendable, Equatable {
        case closed
        case open(until: Duration)
        case halfOpen(since: Duration)
    }

    /// How a request that was let through ended.
    enum Report: Sendable, Equatable {
        case success, failure
        /// It says nothing of the provider: it was called off.
        case neutral
    }

    let rules: Rules
    private(set) var state = State.closed
    private var failures: [Duration] = []
    private var pause: Duration

    init(_ rules: Rules = Rules()) {
        self.rules = rules
        pause = rules.pause
    }

    /// For metrics: "closed", "open", "half-open".
    func name(at now: Duration) -> String {
        switch state {
        case .closed: "closed"
        case .open(let end): now < end ? "open" : "half-open"
        case .halfOpen: "half-open"
        }
    }

    /// Whether a request may go through now. Each that may is reported on afterwards.
    mutating func admit(at now: Duration) -> Bool {
        switch state {
        case .closed: return true
        case .open(let end) where now < end: return false
        case .halfOpen(let start) where now < start + rules.probePatience: return false
        case .open, .halfOpen:
            state = .halfOpen(since: now)
            return true
        }
    }

    mutating func record(_ report: Report, at now: Duration) {
        switch (state, report) {
        case (.closed, .failure): count(now)
        case (.closed, .success): failures = []
        case (.halfOpen, .success): self = CircuitBreaker(rules)
        case (.halfOpen, .failure):
            pause = min(pause * 2, rules.longestPause)
            state = .open(until: now + pause)
        case (.halfOpen, .neutral): state = .open(until: now)
        // Of those that were let through before it opened.
        case (.open, _), (.closed, .neutral): break
        }
    }

    private mutating func count(_ now: Duration) {
        failures.removeAll { $0 + rules.window <= now }
        failures.append(now)
        guard failures.count >= rules.failures else { return }
        failures = []
        state = .open(until: now + pause)
    }
}

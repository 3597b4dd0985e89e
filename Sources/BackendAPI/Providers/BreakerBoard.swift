import Loop

/// The breakers of all providers, shared by all requests, and the clock that they go by.
@LoopActor
final class BreakerBoard {
    private let rules: CircuitBreaker.Rules
    private var breakers: [ProviderName: CircuitBreaker] = [:]
    private let start = ContinuousClock.now

    init(_ rules: CircuitBreaker.Rules = .init()) { self.rules = rules }

    private var now: Duration { .now - start }

    func admit(_ provider: ProviderName) -> Bool {
        breakers[provider, default: CircuitBreaker(rules)].admit(at: now)
    }

    func record(_ report: CircuitBreaker.Report, of provider: ProviderName) {
        breakers[provider, default: CircuitBreaker(rules)].record(report, at: now)
    }

    /// "closed", "open" or "half-open" of each provider that was ever asked, for metrics.
    var states: [ProviderName: String] { breakers.mapValues { $0.name(at: now) } }
}

import Logging
import Loop

/// Sees a job through its chain of providers.
///
/// It stores nothing itself: what must outlive the process is handed to ``Watch/onRecord`` before the chain goes on.
@LoopActor
final class ChainRunner {
    private let providers: [ProviderName: any Provider]
    private let breakers: BreakerBoard
    private let rules: Chain.Rules
    /// The most time that one provider gets.
    private let budget: Duration
    private let logger: Logger

    /// Told while a chain runs.
    struct Watch: Sendable {
        /// Called before a request is sent (its ticket is a draft) and before it is followed. It returns when the record
        /// is where it outlives the process; what it throws ends the run.
        var onRecord: @LoopActor @Sendable (ChainRecord) async throws -> Void = { _ in }
        var onProgress: @LoopActor @Sendable (ProviderName, ProviderProgress) -> Void = { _, _ in }
    }

    init(
        _ providers: [any Provider], breakers: BreakerBoard, rules: Chain.Rules = .init(),
        budget: Duration = .seconds(60), logger: Logger
    ) {
        self.providers = Dictionary(providers.map { ($0.name, $0) }) { first, _ in first }
        (self.breakers, self.rules, self.budget, self.logger) = (breakers, rules, budget, logger)
    }

    /// - Parameters:
    ///   - order: whom to ask, one after the other.
    ///   - limit: for the whole chain.
    ///   - record: what an earlier process has left of this job.
    ///   - notReady: providers that are known not to be ready, without asking.
    /// - Throws: `CancellationError`, which leaves a request under way as it is; what our own disk reports.
    func run(
        _ job: ProviderJob, order: [ProviderName], within limit: Duration, resuming record: ChainRecord = ChainRecord(),
        notReady: Set<ProviderName> = [], watch: Watch = Watch()
    ) async throws -> ChainAnswer {
        let start = ContinuousClock.now
        var chain = Chain(links(job, order, notReady), budget: limit, rules: rules, resuming: record)
        var event = Chain.Event.begun
        var outcome: ProviderOutcome?
        defer { if let provider = chain.current { breakers.record(.neutral, of: provider) } }
        while true {
            let step = chain.observe(event, at: .now - start) { breakers.admit($0) }
            for (provider, report) in chain.takeReports() { breakers.record(report, of: provider) }
            switch step {
            case .served(let provider): return answer(job, by: provider, outcome, chain.record)
            case .giveUp(let failure): return answer(job, failure, chain.record)
            case .pause(let pause):
                try await sleep(for: pause)
                event = .paused
            default: (event, outcome) = try await perform(step, job, chain.record, watch)
            }
        }
    }

    func provider(_ name: ProviderName) -> (any Provider)? { providers[name] }

    private func links(_ job: ProviderJob, _ order: [ProviderName], _ notReady: Set<ProviderName>) -> [Chain.Link] {
        order.map { name in
            guard let provider = providers[name], provider.isConfigured else {
                return Chain.Link(provider: name, obstacle: ProviderFailure.Kind.notConfigured.rawValue)
            }
            var link = Chain.Link(provider: name, price: provider.price(job), budget: budget)
            if provider.can(job) == .no { link.obstacle = "not possible with this provider" }
            if notReady.contains(name) { link.obstacle = ProviderFailure.Kind.notReady.rawValue }
            return link
        }
    }

    private func answer(
        _ job: ProviderJob, by name: ProviderName, _ outcome: ProviderOutcome?, _ record: ChainRecord
    ) -> ChainAnswer {
        var warnings: [String] = []
        if let provider = providers[name], case .yes(let missing) = provider.can(job) { warnings = missing }
        return ChainAnswer(
            outcome: outcome, source: name, attempts: record.attempts, warnings: warnings,
            cost: providers[name]?.price(job) ?? 0)
    }

    private func answer(_ job: ProviderJob, _ failure: ProviderFailure, _ record: ChainRecord) -> ChainAnswer {
        logger.warning(
            "No provider has served a request",
            metadata: [
                "job": "\(job.id)", "kind": "\(job.kind.name)",
                // The classes alone: a provider's words may repeat the prompt.
                "attempts": .array(
                    record.attempts.map { "\($0.source.rawValue): \($0.error.prefix { $0 != ":" })" }),
            ])
        return ChainAnswer(
            failure: failure, attempts: record.attempts, isPerhapsPaid: record.isPerhapsPaid)
    }
}

/// What came of a chain: an outcome with its source, or the failure that tells most.
struct ChainAnswer: Sendable {
    var outcome: ProviderOutcome?
    var failure: ProviderFailure?
    var source: ProviderName?
    var attempts: [ChainAttempt] = []
    /// What the provider that served it could not honour.
    var warnings: [String] = []
    /// What the one that served it takes, in dollars.
    var cost: Double = 0
    /// Nobody has served it, and a provider may have been paid all the same.
    var isPerhapsPaid = false
}

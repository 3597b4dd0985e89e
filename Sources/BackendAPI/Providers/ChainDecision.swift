/// What a chain does about a failure: the one table that decides it.
struct ChainDecision: Sendable, Equatable {
    enum Action: String, Sendable, CaseIterable {
        /// The chain ends: the next provider would say the same, or must not be asked.
        case end = "end the chain"
        /// The same provider again after a pause, so often and so long as the rules allow; then the next.
        case again = "try again, then the next provider"
        /// The request is looked for by its ticket, so often as the rules allow; then it is cancelled; then the next.
        case lookUp = "look it up, then cancel it, then the next provider"
        /// It is cancelled, then the next.
        case cancel = "cancel it, then the next provider"
        case next = "the next provider"
    }

    let failure: ProviderFailure.Kind
    let action: Action
    /// Whether it counts against the provider: enough of these open its breaker.
    let counts: Bool

    private init(_ failure: ProviderFailure.Kind, _ action: Action, counts: Bool) {
        (self.failure, self.action, self.counts) = (failure, action, counts)
    }

    /// A row for each class of failure, whoever the provider is.
    static let table: [ChainDecision] = [
        ChainDecision(.badInput, .end, counts: false),
        ChainDecision(.refusedAsUnsafe, .end, counts: false),
        ChainDecision(.rateLimited, .again, counts: true),
        ChainDecision(.transient, .again, counts: true),
        ChainDecision(.unknown, .lookUp, counts: true),
        ChainDecision(.timedOut, .cancel, counts: true),
        ChainDecision(.badResult, .next, counts: true),
        ChainDecision(.notReady, .next, counts: false),
        ChainDecision(.notConfigured, .next, counts: false),
        ChainDecision(.authentication, .next, counts: true),
        ChainDecision(.exhausted, .next, counts: true),
    ]

    static func of(_ failure: ProviderFailure.Kind) -> ChainDecision {
        // Each class has its row, as a test sees to.
        table.first { $0.failure == failure } ?? ChainDecision(failure, .end, counts: false)
    }

    /// The table as the docs have it.
    static var markdown: String {
        let rows = table.map { "| \($0.failure.rawValue) | \($0.action.rawValue) | \($0.counts ? "yes" : "no") |" }
        return (["| Failure | What the chain does | Counts against the provider |", "|---|---|---|"] + rows)
            .joined(separator: "\n")
    }
}

/// Why a provider did not give what was asked of it. What follows from each class is in ``ChainDecision/table``.
struct ProviderFailure: Error, Sendable, Equatable, CustomStringConvertible {
    enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The request itself is wrong: no other provider would take it.
        case badInput = "bad input"
        /// The provider's policy refuses the content: 3001.
        case refusedAsUnsafe = "refused as unsafe"
        /// Too many requests, for now.
        case rateLimited = "rate limited"
        /// It failed, or was not taken, for a reason that may be gone the next time.
        case transient
        /// The request may have been taken, and what became of it is not known.
        case unknown
        /// It was taken and did not end in time.
        case timedOut = "timed out"
        /// It was done, and what came of it cannot be used: gone, too large, cut short, no picture.
        case badResult = "bad result"
        /// The model or Space is not there or does not run now.
        case notReady = "not ready"
        /// There is no token.
        case notConfigured = "not configured"
        /// The token is refused.
        case authentication
        /// There is no credit left.
        case exhausted
    }

    var kind: Kind
    /// What happened, as the end of a sentence. Of what a provider said only one short line; never a prompt or a key.
    var message: String
    /// How long the provider wants to be left alone.
    var retryAfter: Duration?
    /// It may cost what a success costs.
    var isPerhapsPaid: Bool
    /// Of the request that it is about, where there is one to follow.
    var ticket: ProviderTicket?

    init(
        _ kind: Kind, _ message: String, retryAfter: Duration? = nil, isPerhapsPaid: Bool = false,
        ticket: ProviderTicket? = nil
    ) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
        self.isPerhapsPaid = isPerhapsPaid
        self.ticket = ticket
    }

    /// As `attempts` says it.
    var description: String {
        switch kind {
        case .notReady, .notConfigured: kind.rawValue
        default: message.isEmpty ? kind.rawValue : "\(kind.rawValue): \(message)"
        }
    }

    /// A provider's own words, fit for one line of an answer or a log.
    static func shown(_ words: String, longest: Int = 200) -> String {
        let line = words.split { $0.isWhitespace }.joined(separator: " ")
        return line.count > longest ? line.prefix(longest) + "…" : line
    }

    /// Whether a provider's words say that the content was refused.
    static func tellsOfUnsafe(_ words: String) -> Bool {
        let words = words.lowercased()
        return ["nsfw", "content policy", "content_policy", "safety checker", "safety filter", "flagged as sensitive"]
            .contains { words.contains($0) }
    }
}

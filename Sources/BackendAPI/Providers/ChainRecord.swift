import JSONText

/// One line of `attempts`: a provider that was tried, or why it was not.
struct ChainAttempt: Sendable, Equatable {
    var source: ProviderName
    var error: String
    /// 0 for one that was skipped.
    var seconds: Double

    var json: JSON {
        [
            "source": .string(source.rawValue), "error": .string(error),
            "seconds": .double((seconds * 1000).rounded() / 1000),
        ]
    }

    init(_ source: ProviderName, _ error: String, seconds: Double = 0) {
        (self.source, self.error, self.seconds) = (source, error, seconds)
    }

    init?(json: JSON) {
        guard let source = json["source"]?.string.flatMap(ProviderName.init(rawValue:)),
            let error = json["error"]?.string, let seconds = json["seconds"]?.double
        else { return nil }
        self.init(source, error, seconds: seconds)
    }
}

/// How far a chain has got, so written down that another process goes on with it.
struct ChainRecord: Sendable, Equatable {
    /// The request that is under way, or about to be sent.
    var ticket: ProviderTicket?
    var attempts: [ChainAttempt] = []
    /// A provider may have been paid for it: from here on only those that cost nothing are asked.
    var isPerhapsPaid = false

    var json: JSON {
        [
            "ticket": ticket?.json ?? .null, "attempts": .array(attempts.map(\.json)),
            "perhaps_paid": .bool(isPerhapsPaid),
        ]
    }
}

extension ChainRecord {
    /// - Returns: nil for what ``json`` has not made.
    init?(json: JSON) {
        guard let attempts = json["attempts"]?.array, let paid = json["perhaps_paid"]?.bool else { return nil }
        let ticket = json["ticket"] ?? .null
        self.init(
            ticket: ProviderTicket(json: ticket), attempts: attempts.compactMap(ChainAttempt.init(json:)),
            isPerhapsPaid: paid)
        guard ticket.isNull || self.ticket != nil, self.attempts.count == attempts.count else { return nil }
    }
}

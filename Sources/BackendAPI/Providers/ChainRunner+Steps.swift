import Logging
import Loop

extension ChainRunner {
    private typealias Told = (Chain.Event, ProviderOutcome?)

    /// Does what the chain says, with one provider.
    func perform(
        _ step: Chain.Step, _ job: ProviderJob, _ record: ChainRecord, _ watch: Watch
    ) async throws -> (Chain.Event, ProviderOutcome?) {
        do {
            switch step {
            case .submit(let name, let limit): return try await submit(job, to: name, limit, record, watch)
            case .follow(let ticket, let limit): return try await follow(ticket, limit, record, watch)
            case .locate(let draft, let limit): return try await locate(draft, limit)
            case .cancel(let ticket, let limit):
                let isStopped = await cancel(ticket, limit)
                try Task.checkCancellation()
                return (.cancelled(stopped: isStopped), nil)
            case .pause, .served, .giveUp: return (.paused, nil)
            }
        } catch let failure as ProviderFailure {
            return (.failed(failure), nil)
        }
    }

    /// Calls a request off: for who no longer wants it. A draft may have got to its provider, so it is looked for first.
    ///
    /// - Returns: true when it is certain that it will not be done.
    func cancel(_ ticket: ProviderTicket, _ limit: Duration = .seconds(5)) async -> Bool {
        guard let provider = provider(ticket.provider) else { return false }
        let isStopped = try? await withDeadline(limit) {
            guard ticket.isDraft else { return await provider.cancel(ticket, within: limit) }
            switch try await provider.locate(ticket, within: limit) {
            case .found(let found): return await provider.cancel(found, within: limit)
            case .absent: return true
            case .unknowable: return false
            }
        }
        return isStopped ?? false
    }

    private func submit(
        _ job: ProviderJob, to name: ProviderName, _ limit: Duration, _ record: ChainRecord, _ watch: Watch
    ) async throws -> Told {
        guard let provider = provider(name) else { throw ProviderFailure(.notConfigured, "") }
        let deadline = ProviderDeadline(within: limit)
        let draft = try await limited(limit, ProviderFailure(.timedOut, "it was not ready in time")) {
            try await provider.prepare(job, within: limit)
        }
        try await watch.onRecord(record.with(draft))
        let late = ProviderFailure(.unknown, "no answer in time", isPerhapsPaid: true, ticket: draft)
        let taken = try await limited(deadline.left, late) {
            try await provider.submit(job, draft, within: deadline.left)
        }
        if let outcome = taken.outcome { return (.done, outcome) }
        return (.taken(taken.ticket), nil)
    }

    private func follow(
        _ ticket: ProviderTicket, _ limit: Duration, _ record: ChainRecord, _ watch: Watch
    ) async throws -> Told {
        guard let provider = provider(ticket.provider) else { throw ProviderFailure(.notConfigured, "") }
        try await watch.onRecord(record.with(ticket))
        let late = ProviderFailure(.timedOut, "no result in time", ticket: ticket)
        do {
            let outcome = try await limited(limit, late) {
                try await provider.follow(ticket, within: limit) { watch.onProgress(ticket.provider, $0) }
            }
            return (.done, outcome)
        } catch var failure as ProviderFailure {
            if failure.ticket == nil { failure.ticket = ticket }
            // They say nothing of the request that was taken before.
            if [.authentication, .exhausted, .notReady, .rateLimited].contains(failure.kind) {
                failure.isPerhapsPaid = true
            }
            throw failure
        }
    }

    private func locate(_ draft: ProviderTicket, _ limit: Duration) async throws -> Told {
        guard let provider = provider(draft.provider) else { throw ProviderFailure(.notConfigured, "") }
        let lost = ProviderFailure(.unknown, "the request's fate is not known", isPerhapsPaid: true, ticket: draft)
        switch try await limited(limit, lost, { try await provider.locate(draft, within: limit) }) {
        case .found(let ticket): return (.taken(ticket), nil)
        case .absent: return (.absent, nil)
        case .unknowable: return (.lost, nil)
        }
    }

    /// A provider keeps its own time; this sees to it.
    private func limited<Result: Sendable>(
        _ limit: Duration, _ late: ProviderFailure, _ body: @escaping @LoopActor @Sendable () async throws -> Result
    ) async throws -> Result {
        do { return try await withDeadline(limit, body) } catch is DeadlineExceeded { throw late }
    }
}

extension ChainRecord {
    fileprivate func with(_ ticket: ProviderTicket) -> ChainRecord {
        var record = self
        record.ticket = ticket
        return record
    }
}

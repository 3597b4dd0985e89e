import Loop

/// The providers of a request, one after the other: a state machine with no I/O and no clock.
///
/// It is told what happened and says what to do next; ``ChainRunner`` does it. Two things hold whatever happens: the time
/// does not pass the budget by more than the last call takes, and once a provider may have been paid, only those that
/// cost nothing are asked.
struct Chain: Sendable {
    /// A provider in its order.
    struct Link: Sendable, Equatable {
        var provider: ProviderName
        /// Why it is not asked: "not configured", "not ready". Nil when it can be.
        var obstacle: String?
        /// In dollars, for this job.
        var price: Double = 0
        /// The most time that it gets.
        var budget: Duration = .seconds(60)
    }

    struct Rules: Sendable, Equatable {
        /// How often one provider is sent a request, after failures that may pass.
        var tries = 2
        /// How often a request is looked for whose end is not known.
        var lookUps = 2
        /// Before the second try; it doubles with each.
        var firstPause: Duration = .milliseconds(500)
        /// Longer than this is not waited for a provider while another one could be asked.
        var patience: Duration = .seconds(5)
        /// Longer than this is never waited.
        var longestPause: Duration = .seconds(30)
        /// With less time than this nothing is begun.
        var least: Duration = .seconds(1)
        /// Kept back for each provider that is still to come, where the time allows.
        var reserve: Duration = .seconds(10)
        /// Kept back for calling a request off.
        var cancelling: Duration = .seconds(2)
    }

    enum Event: Sendable {
        case begun
        /// A request was taken, or found again.
        case taken(ProviderTicket)
        /// The outcome is there.
        case done
        case failed(ProviderFailure)
        /// A draft never got to its provider.
        case absent
        /// Nobody can tell whether it did.
        case lost
        /// The pause is over.
        case paused
        /// - stopped: it is certain that nothing was or will be done.
        case cancelled(stopped: Bool)
    }

    enum Step: Sendable, Equatable {
        case submit(ProviderName, within: Duration)
        case follow(ProviderTicket, within: Duration)
        case locate(ProviderTicket, within: Duration)
        case cancel(ProviderTicket, within: Duration)
        case pause(Duration)
        /// This provider has served it.
        case served(ProviderName)
        /// Nobody has; the failure is the one that tells most.
        case giveUp(ProviderFailure)
    }

    private enum Phase: Sendable {
        case idle
        case working(ProviderTicket?)
        case pausing(then: ProviderTicket?)
        case cancelling(after: ProviderFailure)
    }

    private let links: [Link]
    private let rules: Rules
    private let budget: Duration
    /// What another process, or ``ChainRunner``, can go on from.
    private(set) var record: ChainRecord
    /// What the breakers are to be told; taken by ``takeReports()``.
    private var reports: [(ProviderName, CircuitBreaker.Report)] = []

    private var place = 0
    private var phase = Phase.idle
    private var beganAt = Duration.zero
    private var deadline = Duration.zero
    private var tries = 0
    private var lookUps = 0
    private var lastFailure: ProviderFailure?

    /// - Parameters:
    ///   - budget: for everything.
    ///   - record: what an earlier process has left.
    init(_ links: [Link], budget: Duration, rules: Rules = Rules(), resuming record: ChainRecord = ChainRecord()) {
        (self.links, self.budget, self.rules, self.record) = (links, budget, rules, record)
    }

    /// What has been learnt of the providers since the last call.
    mutating func takeReports() -> [(ProviderName, CircuitBreaker.Report)] {
        defer { reports = [] }
        return reports
    }

    /// The provider whose request is under way.
    var current: ProviderName? {
        if case .idle = phase { return nil }
        return links.indices.contains(place) ? links[place].provider : nil
    }

    /// - Parameters:
    ///   - elapsed: since the chain began.
    ///   - admits: whether a provider's breaker lets a request through; asked only for what is then begun.
    mutating func observe(_ event: Event, at elapsed: Duration, admits: (ProviderName) -> Bool) -> Step {
        switch event {
        case .begun: return begin(elapsed, admits)
        case .taken(let ticket):
            record.ticket = ticket
            phase = .working(ticket)
            return .follow(ticket, within: timeToFollow(elapsed))
        case .done: return serve()
        case .failed(let failure): return judge(failure, elapsed, admits)
        case .absent: return judge(ProviderFailure(.transient, "the request got lost"), elapsed, admits)
        case .lost:
            record.isPerhapsPaid = true
            let failure =
                lastFailure
                ?? ProviderFailure(.unknown, "the request's fate is not known", isPerhapsPaid: true)
            lastFailure = failure
            return leave(failure, elapsed, admits)
        case .paused:
            guard case .pausing(let ticket?) = phase else { return submit(elapsed) }
            return lookUp(ticket, elapsed)
        case .cancelled(let isStopped):
            guard case .cancelling(let failure) = phase else { return leave(lastFailure ?? .noTime, elapsed, admits) }
            if !isStopped { record.isPerhapsPaid = true }
            return leave(failure, elapsed, admits)
        }
    }
}

// MARK: - Going from provider to provider

extension Chain {
    private mutating func begin(_ elapsed: Duration, _ admits: (ProviderName) -> Bool) -> Step {
        guard let ticket = record.ticket else { return advance(from: 0, elapsed, admits) }
        guard let index = links.firstIndex(where: { $0.provider == ticket.provider && $0.obstacle == nil }) else {
            // Its request can no longer be followed, and may have been done.
            record.isPerhapsPaid = true
            record.ticket = nil
            return advance(from: 0, elapsed, admits)
        }
        enter(index, elapsed)
        tries = 1
        return lookUp(ticket, elapsed)
    }

    /// Begins with the next provider that can be asked.
    private mutating func advance(from first: Int, _ elapsed: Duration, _ admits: (ProviderName) -> Bool) -> Step {
        phase = .idle
        for index in first..<max(first, links.count) {
            guard let obstacle = obstacle(of: links[index], elapsed, admits) else {
                enter(index, elapsed)
                return submit(elapsed)
            }
            record.attempts.append(ChainAttempt(links[index].provider, obstacle))
        }
        return .giveUp(lastFailure ?? ProviderFailure(.notReady, "no provider could be asked"))
    }

    private func obstacle(of link: Link, _ elapsed: Duration, _ admits: (ProviderName) -> Bool) -> String? {
        if let obstacle = link.obstacle { return obstacle }
        if record.isPerhapsPaid, link.price > 0 { return "not asked: another provider may have been paid" }
        if budget - elapsed < rules.least { return "no time left" }
        return admits(link.provider) ? nil : "circuit open"
    }

    private mutating func enter(_ index: Int, _ elapsed: Duration) {
        place = index
        beganAt = elapsed
        (tries, lookUps) = (0, 0)
        let left = budget - elapsed
        let later = links[(index + 1)...].count { isUsable($0) }
        let reserve = min(rules.reserve * later, left * later / (later + 1))
        deadline = elapsed + min(links[index].budget, left - reserve)
    }

    private func isUsable(_ link: Link) -> Bool { link.obstacle == nil && !(record.isPerhapsPaid && link.price > 0) }

    private mutating func submit(_ elapsed: Duration) -> Step {
        tries += 1
        phase = .working(nil)
        record.ticket = nil
        return .submit(links[place].provider, within: deadline - elapsed)
    }

    private mutating func lookUp(_ ticket: ProviderTicket, _ elapsed: Duration) -> Step {
        phase = .working(ticket)
        if ticket.isDraft { return .locate(ticket, within: deadline - elapsed) }
        return .follow(ticket, within: timeToFollow(elapsed))
    }

    private func timeToFollow(_ elapsed: Duration) -> Duration {
        let left = deadline - elapsed
        return left - min(rules.cancelling, left / 4)
    }

    private mutating func serve() -> Step {
        let provider = links[place].provider
        phase = .idle
        reports.append((provider, .success))
        return .served(provider)
    }
}

// MARK: - Failures

extension Chain {
    private mutating func judge(
        _ failure: ProviderFailure, _ elapsed: Duration, _ admits: (ProviderName) -> Bool
    ) -> Step {
        lastFailure = failure
        switch ChainDecision.of(failure.kind).action {
        case .end:
            note(failure, elapsed)
            return .giveUp(failure)
        case .again:
            guard tries < rules.tries, !failure.isPerhapsPaid,
                let pause = pause(failure.retryAfter, after: tries, elapsed)
            else { break }
            phase = .pausing(then: nil)
            return .pause(pause)
        case .lookUp:
            guard let ticket = failure.ticket ?? ticketUnderWay else { break }
            lookUps += 1
            if lookUps <= rules.lookUps, let pause = pause(failure.retryAfter, after: lookUps, elapsed) {
                phase = .pausing(then: ticket)
                return .pause(pause)
            }
            return callOff(ticket, failure, elapsed, admits)
        case .cancel:
            guard let ticket = failure.ticket ?? ticketUnderWay else { break }
            return callOff(ticket, failure, elapsed, admits)
        case .next: break
        }
        if failure.isPerhapsPaid { record.isPerhapsPaid = true }
        return leave(failure, elapsed, admits)
    }

    private var ticketUnderWay: ProviderTicket? {
        if case .working(let ticket) = phase { ticket } else { nil }
    }

    private mutating func callOff(
        _ ticket: ProviderTicket, _ failure: ProviderFailure, _ elapsed: Duration, _ admits: (ProviderName) -> Bool
    ) -> Step {
        guard !ticket.isDraft else {
            record.isPerhapsPaid = true
            return leave(failure, elapsed, admits)
        }
        phase = .cancelling(after: failure)
        return .cancel(ticket, within: min(rules.cancelling, max(rules.least, budget - elapsed)))
    }

    /// - Parameters:
    ///   - wanted: what the provider asked for.
    ///   - count: how often it has been tried.
    /// - Returns: nil where so long a pause leaves no time, or another provider is the quicker way.
    private func pause(_ wanted: Duration?, after count: Int, _ elapsed: Duration) -> Duration? {
        let usual = rules.firstPause * (1 << min(max(count - 1, 0), 10))
        let pause = max(wanted ?? .zero, usual)
        let hasOthers = links[(place + 1)...].contains { isUsable($0) }
        guard pause <= (hasOthers ? rules.patience : rules.longestPause) else { return nil }
        return elapsed + pause + rules.least <= deadline ? pause : nil
    }

    private mutating func leave(
        _ failure: ProviderFailure, _ elapsed: Duration, _ admits: (ProviderName) -> Bool
    ) -> Step {
        note(failure, elapsed)
        record.ticket = nil
        return advance(from: place + 1, elapsed, admits)
    }

    private mutating func note(_ failure: ProviderFailure, _ elapsed: Duration) {
        let provider = links[place].provider
        let isSkip = [.notReady, .notConfigured].contains(failure.kind)
        record.attempts.append(
            ChainAttempt(provider, failure.description, seconds: isSkip ? 0 : (elapsed - beganAt).seconds))
        let counts = ChainDecision.of(failure.kind).counts
        // What is wrong with the request shows that the provider works; what was never asked shows nothing.
        reports.append((provider, counts ? .failure : isSkip ? .neutral : .success))
        phase = .idle
    }
}

extension ProviderFailure {
    fileprivate static let noTime = ProviderFailure(.timedOut, "the time is over")
}

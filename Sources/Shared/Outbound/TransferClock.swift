/// When a transfer has taken too long: a value that is told the time.
struct TransferClock {
    typealias Instant = ContinuousClock.Instant

    enum Verdict: Equatable {
        /// All well; look again after this time. Nil: there is no limit.
        case check(after: Duration?)
        /// No byte for this long.
        case idle(Duration)
        /// Not done within this time.
        case overdue(Duration)
    }

    private let limits: ClientRequest.Timeouts
    private let start: Instant
    private var lastMove: Instant
    /// The peer waits for us, so its silence is no fault.
    private(set) var isOurTurn = false

    init(_ limits: ClientRequest.Timeouts, now: Instant) {
        self.limits = limits
        start = now
        lastMove = now
    }

    /// A byte went or came.
    mutating func moved(now: Instant) { lastMove = now }

    mutating func turn(isOurs: Bool, now: Instant) {
        if isOurTurn, !isOurs { lastMove = now }
        isOurTurn = isOurs
    }

    func verdict(now: Instant) -> Verdict {
        let leftInTotal = limits.total.map { start.advanced(by: $0) - now }
        if let limit = limits.total, let leftInTotal, leftInTotal <= .zero { return .overdue(limit) }
        guard let limit = limits.idle else { return .check(after: leftInTotal) }
        let leftIdle = isOurTurn ? limit : lastMove.advanced(by: limit) - now
        if leftIdle <= .zero { return .idle(limit) }
        return .check(after: min(leftIdle, leftInTotal ?? leftIdle))
    }
}

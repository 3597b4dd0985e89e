/// Lets each signed request through once: what was signed too long ago, or came already, is refused (RFC 9421,
/// section 7.2.2).
public struct ReplayGuard: Sendable {
    public enum Verdict: Sendable, Hashable {
        case fresh
        /// It came before.
        case replayed
        /// The signer's clock, or a replay after long: so many seconds lie between the two clocks.
        case outOfTime(by: Int64)
        /// Signed before this guard began, and so perhaps let through by the process before this one.
        case beforeStart
        /// More requests came than are kept in mind.
        case full
    }

    /// The clocks may differ by so many seconds.
    public static let window: Int64 = 120

    private let start: Int64
    private let capacity: Int
    /// Nonces of two spans of time, each as long as a nonce must be kept: of this span, and of the one before.
    private var recent: Set<String> = []
    private var older: Set<String> = []
    private var spanStart: Int64

    /// - Parameters:
    ///   - start: the time now, in seconds since 1970.
    ///   - capacity: nonces kept in mind of one span; some 100 bytes each.
    public init(start: Int64, capacity: Int = 200_000) {
        (self.start, self.capacity) = (start, capacity)
        spanStart = start
    }

    /// Judges a request whose signature is right; only of those are the nonces kept.
    public mutating func admit(_ nonce: String, created: Int64, now: Int64) -> Verdict {
        let (difference, overflow) = now.subtractingReportingOverflow(created)
        guard !overflow, abs(difference) <= Self.window else { return .outOfTime(by: overflow ? .max : difference) }
        guard created >= start else { return .beforeStart }
        turn(now)
        guard !recent.contains(nonce), !older.contains(nonce) else { return .replayed }
        guard recent.count < capacity else { return .full }
        recent.insert(nonce)
        return .fresh
    }

    private mutating func turn(_ now: Int64) {
        // Signed up to a window ahead and good for a window after: a nonce counts for two windows.
        guard now - spanStart > 2 * Self.window else { return }
        older = now - spanStart > 4 * Self.window ? [] : recent
        recent = []
        spanStart = now
    }
}

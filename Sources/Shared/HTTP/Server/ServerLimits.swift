/// Limits on what one client may cost. Every default can be changed.
public struct ServerLimits: Sendable {
    /// A request's head, from its method to the empty line, in bytes; over it 431.
    public var headBytes = 16_384
    /// Header fields in a request; over it 431.
    public var headerFields = 100
    /// A request's body in bytes, where its route says nothing else; over it 413.
    public var bodyBytes = 1_048_576
    /// Connections at once; over it 503 and closed.
    public var connections = 20_000
    /// How long a connection may wait for its next request.
    public var idleTime: Duration = .seconds(75)
    /// How long a head may take from its first byte; over it 408.
    public var headTime: Duration = .seconds(10)
    /// How long a body may pause, and how long it may take before ``bodyRate`` is asked of it; over it 408.
    public var bodyTime: Duration = .seconds(30)
    /// The least bytes a second, on the average, of a body that takes longer than ``bodyTime``.
    public var bodyRate = 1024
    /// How long a client may take nothing of an answer; over it the connection is closed.
    public var writeTime: Duration = .seconds(30)
    /// The least bytes a second that a client must take of an answer, on the average of half a ``writeTime``.
    public var writeRate = 1024
    /// How long, and how much, is read over after an early refusal.
    public var lingerTime: Duration = .seconds(2)
    public var lingerBytes = 16_777_216

    public init() {}
    public static let `default` = ServerLimits()
}

extension ServerLimits {
    /// How long to wait for the next bytes of a body.
    ///
    /// - Parameters:
    ///   - received: bytes of this body so far.
    ///   - elapsed: since its head was read.
    /// - Returns: zero or less when the client has used up its time.
    func patience(received: Int, elapsed: Duration) -> Duration {
        let allowed = bodyTime + .seconds(Double(received) / Double(max(1, bodyRate)))
        return min(bodyTime, allowed - elapsed)
    }
}

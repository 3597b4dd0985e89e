public import HTTPTypes
internal import Loop

/// A request on its way through the router.
public struct Request: Sendable {
    /// Method, target and fields as they came.
    public var head: HTTPRequest
    /// What the route's `{name}` segments matched.
    public var parameters: [String: String] = [:]
    public let body: RequestBody
    /// Names this request in answers (`X-Request-ID`) and logs.
    public var id: String
    /// The peer's address: "127.0.0.1", "::1".
    public var remoteAddress: String
    /// When its head had come.
    public internal(set) var arrival = ContinuousClock.now
    /// The pattern of the route that serves it, such as `/tasks/{id}`, as soon as the router has found one.
    public internal(set) var route: String?
    /// What a middleware has found out for those within it.
    public var context: (any Sendable)?
    private let target: RequestTarget
    /// What it came by; nil for one that a part of this program makes of another.
    let connection: TCPConnection?

    public var method: HTTPRequest.Method { head.method }
    public var headerFields: HTTPFields { head.headerFields }
    /// The path, percent-decoded segment by segment, without the query.
    public var path: String { target.path }
    /// The query's pairs in order, decoded (`application/x-www-form-urlencoded`).
    public var query: [(name: String, value: String)] { target.query }
    /// The path's segments, decoded.
    var segments: [String] { target.segments }
    /// The path, unless a segment has a slash in it: `/a%2Fb` is not `/a/b`.
    var plainPath: String? { target.plainPath }

    /// The first value of a query parameter.
    public func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// Calls `act` once, on the loop, when its client has gone while a handler waits (at once where that has been); nil
    /// ends the watch, as must be before the handler answers. A client that has only finished sending counts as gone.
    @LoopActor public func onGone(_ act: (@LoopActor () -> Void)?) { connection?.onEnd = act }

    /// - Throws: ``HTTPViolation`` when the target's percent-encoding is broken.
    init(
        head: HTTPRequest, body: RequestBody, id: String, remoteAddress: String, connection: TCPConnection? = nil
    ) throws(HTTPViolation) {
        target = try RequestTarget(head.path ?? "/")
        self.head = head
        self.body = body
        self.id = id
        self.remoteAddress = remoteAddress
        self.connection = connection
    }
}

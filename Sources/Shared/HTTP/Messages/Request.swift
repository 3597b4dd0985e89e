public import HTTPTypes
public import Loop

/// A request on its way through the router.
public struct Request: Sendable {
    /// Method, target and fields as they came.
    public var head: HTTPRequest
    /// The path, percent-decoded segment by segment, without the query.
    public var path: String
    /// The query's pairs in order, decoded (`application/x-www-form-urlencoded`).
    public var query: [(name: String, value: String)]
    /// What the route's `{name}` segments matched.
    public var parameters: [String: String] = [:]
    public let body: RequestBody
    /// Names this request in answers (`X-Request-ID`) and logs.
    public var id: String
    /// The peer's address: "127.0.0.1", "::1".
    public var remoteAddress: String
    /// The route that serves it, as soon as the router has found one: what is around the handlers sees it then.
    public let route = MatchedRoute()
    /// What a middleware has found out for those within it.
    public var context: (any Sendable)?
    /// The path's segments, decoded.
    var segments: [String]

    public var method: HTTPRequest.Method { head.method }
    public var headerFields: HTTPFields { head.headerFields }

    /// The first value of a query parameter.
    public func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// - Throws: ``HTTPViolation`` when the target's percent-encoding is broken.
    init(head: HTTPRequest, body: RequestBody, id: String, remoteAddress: String) throws(HTTPViolation) {
        let target = try RequestTarget(head.path ?? "/")
        self.head = head
        self.body = body
        self.id = id
        self.remoteAddress = remoteAddress
        path = target.path
        query = target.query
        segments = target.segments
    }
}

/// The pattern of the route that serves a request, such as `/tasks/{id}`; nil where there is none.
@LoopActor
public final class MatchedRoute {
    public internal(set) var pattern: String?

    nonisolated init() {}
}

public import HTTPTypes
internal import Loop

/// What there is to say of a request when its answer is ready.
public struct AccessRecord: Sendable {
    public let requestID: String
    public let method: HTTPRequest.Method
    /// Without the query, which may hold a signature.
    public let path: String
    /// The route's pattern; nil where there is none.
    public let route: String?
    public let status: Int
    /// From its head to its answer's; a streamed body goes on after that.
    public let duration: Duration
    public let remoteAddress: String
}

/// Tells `report` of each request.
public struct AccessLogMiddleware: Middleware {
    private let report: @LoopActor @Sendable (AccessRecord) -> Void

    public init(report: @escaping @LoopActor @Sendable (AccessRecord) -> Void) { self.report = report }

    public func reply(_ response: inout Response, to request: Request) {
        report(
            AccessRecord(
                requestID: request.id, method: request.method, path: request.path, route: request.route,
                status: response.status.code, duration: ContinuousClock.now - request.arrival,
                remoteAddress: request.remoteAddress))
    }
}

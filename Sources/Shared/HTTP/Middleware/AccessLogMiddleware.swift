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
    /// Until the answer was ready; a streamed body goes on after that.
    public let duration: Duration
    public let remoteAddress: String
}

/// Tells `report` of each request.
public struct AccessLogMiddleware: Middleware {
    private let report: @LoopActor @Sendable (AccessRecord) -> Void

    public init(report: @escaping @LoopActor @Sendable (AccessRecord) -> Void) { self.report = report }

    public func respond(to request: Request, next: Next) async throws -> Response {
        let start = ContinuousClock.now
        let response: Response
        do { response = try await next(request) } catch { response = ErrorMiddleware.response(for: error) }
        report(
            AccessRecord(
                requestID: request.id, method: request.method, path: request.path,
                route: request.route.pattern, status: response.status.code,
                duration: ContinuousClock.now - start, remoteAddress: request.remoteAddress))
        return response
    }
}

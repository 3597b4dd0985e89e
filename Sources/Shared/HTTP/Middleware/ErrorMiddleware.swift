internal import HTTPTypes
internal import Loop

/// Turns every error into an answer, and tells `report` of those that nobody expected.
public struct ErrorMiddleware: Middleware {
    private let report: @LoopActor @Sendable (any Error, Request) -> Void

    public init(report: @escaping @LoopActor @Sendable (any Error, Request) -> Void) { self.report = report }

    public func respond(to request: Request, next: Next) async throws -> Response {
        do {
            return try await next(request)
        } catch {
            if !(error is any HTTPResponseError) { report(error, request) }
            return Self.response(for: error)
        }
    }

    /// The answer to an error: its own, or a 500 that says nothing of the inside.
    static func response(for error: any Error) -> Response {
        if let error = error as? any HTTPResponseError { return error.response }
        return HTTPProblem(.internalServerError, "Something went wrong here. It has been logged.").response
    }
}

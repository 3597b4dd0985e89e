public import HTTPTypes
public import Loop

/// Finds the handler of a request. Routes and middleware are added at start, before the server runs.
@LoopActor
public final class Router {
    public typealias Handler = @LoopActor @Sendable (Request) async throws -> Response
    /// One that answers at once.
    public typealias QuickHandler = @LoopActor @Sendable (Request) throws -> Response
    public typealias Failure = @LoopActor @Sendable (any Error, Request) -> Response

    struct Route: Sendable {
        enum Action: Sendable {
            case quick(QuickHandler)
            case waiting(Handler)
        }

        let method: HTTPRequest.Method
        let pattern: RoutePattern
        let bodyLimit: Int?
        let action: Action
    }

    private var table = RouteTable()
    private var middleware: [any Middleware] = []
    private let failure: Failure

    /// - Parameter failure: makes an answer of what a handler or a middleware has thrown; by itself one that says what
    ///   an ``HTTPResponseError`` says, and nothing of any other.
    public init(failure: @escaping Failure = { error, _ in Response(for: error) }) { self.failure = failure }

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - pattern: a path such as `/tasks/{id}`; a plain path wins over one with places, then the first added wins.
    ///   - bodyLimit: the most bytes a request body may have here; the server's own limit when nil.
    public func on(
        _ method: HTTPRequest.Method, _ pattern: String, bodyLimit: Int? = nil, _ handler: @escaping Handler
    ) {
        table.add(
            Route(
                method: method, pattern: RoutePattern(pattern), bodyLimit: bodyLimit, action: .waiting(handler)))
    }

    /// Adds a route that is answered at once, which costs a fraction of one that may wait.
    public func quickly(_ method: HTTPRequest.Method, _ pattern: String, _ handler: @escaping QuickHandler) {
        table.add(Route(method: method, pattern: RoutePattern(pattern), bodyLimit: nil, action: .quick(handler)))
    }

    /// Puts `next` inside all middleware added before it.
    public func use(_ next: any Middleware) { middleware.append(next) }

    /// Every route as added: method and pattern.
    public var descriptions: [(method: HTTPRequest.Method, pattern: String)] {
        table.routes.map { ($0.method, $0.pattern.text) }
    }

    /// Answers a request; every error becomes an answer.
    public func respond(to request: Request) async -> Response {
        var request = request
        switch begin(&request) {
        case .answered(let response): return response
        case .waiting(let handler): return await finish(request, handler)
        }
    }

    // MARK: The two halves of it

    enum Progress {
        case answered(Response)
        case waiting(Handler)
    }

    /// Does all that needs no waiting, which for many requests is all.
    func begin(_ request: inout Request) -> Progress {
        var depth = 0
        do {
            for one in middleware {
                depth += 1
                if let response = try one.receive(&request) {
                    return .answered(passed(response, request, outOf: depth))
                }
            }
            switch try table.route(of: &request).action {
            case .quick(let handler): return .answered(passed(try handler(request), request, outOf: depth))
            case .waiting(let handler): return .waiting(handler)
            }
        } catch {
            return .answered(passed(failure(error, request), request, outOf: depth))
        }
    }

    func finish(_ request: Request, _ handler: Handler) async -> Response {
        let response: Response
        do { response = try await handler(request) } catch { response = failure(error, request) }
        return passed(response, request, outOf: middleware.count)
    }

    private func passed(_ response: Response, _ request: Request, outOf depth: Int) -> Response {
        var response = response
        for one in middleware[..<depth].reversed() { one.reply(&response, to: request) }
        return response
    }
}

public import HTTPTypes
public import Loop

/// Something around every handler: it sees the request first and the answer last.
public protocol Middleware: Sendable {
    typealias Next = @LoopActor @Sendable (Request) async throws -> Response
    @LoopActor func respond(to request: Request, next: Next) async throws -> Response
}

/// Finds the handler of a request. Routes and middleware are added at start, before the server runs.
@LoopActor
public final class Router {
    public typealias Handler = @LoopActor @Sendable (Request) async throws -> Response

    struct Route: Sendable {
        let method: HTTPRequest.Method
        let pattern: RoutePattern
        let bodyLimit: Int?
        let handler: Handler
    }

    private var routes: [Route] = []
    /// By their segments: in `/a%2Fb` the slash is no separator, so that is not `/a/b`.
    private var literals: [[String]: [Route]] = [:]
    private var middleware: [any Middleware] = []
    private var chain: Handler?

    public init() {}

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - pattern: a path such as `/tasks/{id}`; a plain path wins over one with places, then the first added wins.
    ///   - bodyLimit: the most bytes a request body may have here; the server's own limit when nil.
    public func on(
        _ method: HTTPRequest.Method, _ pattern: String, bodyLimit: Int? = nil, _ handler: @escaping Handler
    ) {
        let route = Route(
            method: method, pattern: RoutePattern(pattern), bodyLimit: bodyLimit, handler: handler)
        if let path = route.pattern.literal { literals[path, default: []].append(route) } else { routes.append(route) }
    }

    /// Puts `next` inside all middleware added before it.
    public func use(_ next: any Middleware) { middleware.append(next) }

    /// Every route as added: method and pattern.
    public var descriptions: [(method: HTTPRequest.Method, pattern: String)] {
        (literals.values.joined() + routes).map { ($0.method, $0.pattern.text) }
    }

    /// Builds the chain of middleware.
    func seal() {
        var chain: Handler = { [unowned self] request in try await dispatch(request) }
        for outer in middleware.reversed() {
            let inner = chain
            chain = { request in try await outer.respond(to: request, next: inner) }
        }
        self.chain = chain
    }

    /// Answers a request; every error becomes an answer.
    public func respond(to request: Request) async -> Response {
        if chain == nil { seal() }
        do {
            return try await chain?(request) ?? notFound
        } catch {
            return ErrorMiddleware.response(for: error)
        }
    }

    private func dispatch(_ request: Request) async throws -> Response {
        // `OPTIONS *` asks about the server as a whole.
        if request.head.path == "*" { return try refuse(request.method, allowed: descriptions.map(\.method)) }
        let plain = literals[request.segments] ?? []
        if let route = choose(request.method, among: plain, \.method) {
            return try await handle(request, by: Match(route: route, values: [:]))
        }
        let candidates = plain.map { Match(route: $0, values: [:]) } + matches(request)
        guard let chosen = choose(request.method, among: candidates, \.route.method) else {
            if candidates.isEmpty { throw HTTPProblem(.notFound, "There is nothing at \(request.path).") }
            return try refuse(request.method, allowed: candidates.map(\.route.method))
        }
        return try await handle(request, by: chosen)
    }

    private func handle(_ request: Request, by match: Match) async throws -> Response {
        var request = request
        request.parameters = match.values
        request.route.pattern = match.route.pattern.text
        if let limit = match.route.bodyLimit { request.body.limit = limit }
        if let length = request.body.length, length > request.body.limit {
            throw HTTPProblem.bodyTooLarge(limit: request.body.limit)
        }
        return try await match.route.handler(request)
    }

    private struct Match {
        let route: Route
        let values: [String: String]
    }

    /// A HEAD is answered by GET where it has no route of its own.
    private func choose<Candidate>(
        _ method: HTTPRequest.Method, among candidates: [Candidate], _ its: (Candidate) -> HTTPRequest.Method
    ) -> Candidate? {
        candidates.first { its($0) == method } ?? (method == .head ? candidates.first { its($0) == .get } : nil)
    }

    private func matches(_ request: Request) -> [Match] {
        routes.compactMap { route in
            route.pattern.match(request.segments).map { Match(route: route, values: $0) }
        }
    }

    /// 405 with `Allow`, or the answer to OPTIONS (RFC 9110 §9.3.7, §15.5.6).
    private func refuse(_ method: HTTPRequest.Method, allowed: [HTTPRequest.Method]) throws -> Response {
        var names = Set(allowed.map(\.rawValue))
        if names.contains("GET") { names.insert("HEAD") }
        names.insert("OPTIONS")
        let allow = names.sorted().joined(separator: ", ")
        if method == .options { return Response(status: .noContent, headers: [.allow: allow]) }
        throw HTTPProblem(
            .methodNotAllowed, "\(method.rawValue) is not possible here; \(allow) are.", headers: [.allow: allow])
    }

    private var notFound: Response { HTTPProblem(.notFound, "There is nothing here.").response }
}

internal import HTTPTypes
internal import Loop

/// All routes, and how a request's is found.
@LoopActor
struct RouteTable {
    typealias Route = Router.Route

    private(set) var routes: [Route] = []
    private var plain: [String: [Route]] = [:]
    private var placed: [Route] = []

    mutating func add(_ route: Route) {
        routes.append(route)
        if route.pattern.isPlain { plain[route.pattern.text, default: []].append(route) } else { placed.append(route) }
    }

    private struct Match {
        let route: Route
        let values: [String: String]
    }

    /// The route of a request, which is told of it.
    ///
    /// - Throws: `HTTPProblem` 404, 405, 413.
    func route(of request: inout Request) throws -> Route {
        let match = try match(request)
        request.parameters = match.values
        request.route = match.route.pattern.text
        if let limit = match.route.bodyLimit { request.body.limit = limit }
        if let length = request.body.length, length > request.body.limit {
            throw HTTPProblem.bodyTooLarge(limit: request.body.limit)
        }
        return match.route
    }

    private func match(_ request: Request) throws -> Match {
        // `OPTIONS *` asks about the server as a whole.
        if request.head.path == "*" { return try other(request, than: routes) }
        let same = request.plainPath.flatMap { plain[$0] } ?? []
        if let route = choose(request.method, among: same, \.method) { return Match(route: route, values: [:]) }
        let segments = request.segments
        let candidates =
            same.map { Match(route: $0, values: [:]) }
            + placed.compactMap { route in
                route.pattern.match(segments).map { Match(route: route, values: $0) }
            }
        if let chosen = choose(request.method, among: candidates, \.route.method) { return chosen }
        if candidates.isEmpty { throw HTTPProblem(.notFound, "There is nothing at \(request.path).") }
        return try other(request, than: candidates.map(\.route))
    }

    /// A HEAD is answered by GET where it has no route of its own.
    private func choose<Candidate>(
        _ method: HTTPRequest.Method, among candidates: [Candidate], _ its: (Candidate) -> HTTPRequest.Method
    ) -> Candidate? {
        candidates.first { its($0) == method } ?? (method == .head ? candidates.first { its($0) == .get } : nil)
    }

    /// The answer to OPTIONS, or 405, with `Allow` (RFC 9110 §9.3.7, §15.5.6).
    private func other(_ request: Request, than routes: [Route]) throws -> Match {
        var names = Set(routes.map(\.method.rawValue))
        if names.contains("GET") { names.insert("HEAD") }
        names.insert("OPTIONS")
        let allow = names.sorted().joined(separator: ", ")
        guard request.method == .options else {
            throw HTTPProblem(
                .methodNotAllowed, "\(request.method.rawValue) is not possible here; \(allow) are.",
                headers: [.allow: allow])
        }
        let pattern = RoutePattern(request.head.path == "*" ? "*" : routes[0].pattern.text)
        let route = Route(
            method: .options, pattern: pattern, bodyLimit: nil,
            action: .quick { _ in Response(status: .noContent, headers: [.allow: allow]) })
        return Match(route: route, values: [:])
    }
}

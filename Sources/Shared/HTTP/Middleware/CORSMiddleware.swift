internal import HTTPTypes
internal import Loop

/// Lets pages of other origins use the service (the Fetch standard, "CORS protocol"). With no origin allowed, which is
/// the default, it adds nothing. Cookies and other credentials of the browser are never asked for: keys come in a field.
public struct CORSMiddleware: Middleware {
    private let origins: Set<String>
    /// What the answer to a preflight depends on.
    private static let asked = "Access-Control-Request-Method, Access-Control-Request-Headers"
    private static let exposed = """
        ETag, Idempotent-Replayed, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, \
        WWW-Authenticate, X-Request-ID
        """

    /// - Parameter origins: such as `https://app.example`, exactly as the browser sends them; `*` allows all.
    public init(origins: [String]) { self.origins = Set(origins) }

    public func receive(_ request: inout Request) -> Response? {
        !origins.isEmpty && isPreflight(request) ? Response(status: .noContent) : nil
    }

    /// Errors are told to pages too: without the fields a page would learn nothing of them.
    public func reply(_ response: inout Response, to request: Request) {
        guard !origins.isEmpty else { return }
        if !origins.contains("*") { response.headers.append(HTTPField(name: .vary, value: "Origin")) }
        if isPreflight(request) { response.headers.append(HTTPField(name: .vary, value: Self.asked)) }
        let origin = request.headerFields[.origin]
        guard let origin, origins.contains("*") || origins.contains(origin) else { return }
        response.headers[.accessControlAllowOrigin] = origins.contains("*") ? "*" : origin
        response.headers[.accessControlExposeHeaders] = Self.exposed
        if isPreflight(request) { allow(request, in: &response.headers) }
    }

    private func isPreflight(_ request: Request) -> Bool {
        request.method == .options && request.headerFields[.accessControlRequestMethod] != nil
    }

    private func allow(_ request: Request, in headers: inout HTTPFields) {
        headers[.accessControlAllowMethods] = "GET, POST, PUT, DELETE"
        headers[.accessControlAllowHeaders] = request.headerFields[.accessControlRequestHeaders] ?? "Content-Type"
        headers[.accessControlMaxAge] = "600"
    }
}

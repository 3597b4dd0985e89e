import HTTP
import HTTPTypes

/// Gives each request the address of its client in place of a trusted proxy's; to be used before what logs or counts it.
struct ForwardedMiddleware: Middleware {
    let proxies: TrustedProxies

    func receive(_ request: inout Request) -> Response? {
        request.remoteAddress = proxies.client(
            peer: request.remoteAddress, forwarded: request.headerFields[.xForwardedFor])
        return nil
    }
}

extension HTTPField.Name {
    /// What proxies say of whom they ask for. The literals are tokens, so the names exist.
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let forwarded = HTTPField.Name("Forwarded")!
    /// draft-ietf-httpapi-ratelimit-headers-10.
    static let rateLimit = HTTPField.Name("RateLimit")!
    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")!
}

public import HTTPTypes
internal import Loop

/// Gives each request an id and says it in the answer. One that the client sent (`X-Request-ID`, up to 64 visible
/// characters) is kept, so that a request can be followed through several services.
public struct RequestIDMiddleware: Middleware {
    public init() {}

    public func respond(to request: Request, next: Next) async throws -> Response {
        var request = request
        request.id = Self.id(from: request.headerFields[.requestID])
        var response: Response
        do { response = try await next(request) } catch { response = ErrorMiddleware.response(for: error) }
        response.headers[.requestID] = request.id
        return response
    }

    private static func id(from given: String?) -> String {
        if let given, (1...64).contains(given.utf8.count), given.utf8.allSatisfy({ Octet.isToken($0) || $0 == 0x3A }) {
            return given
        }
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - random.count) + random
    }
}

extension HTTPField.Name {
    /// `X-Request-ID`, as proxies and other services spell it.
    // The literal is a token, so the name exists.
    public static let requestID = HTTPField.Name("X-Request-ID")!
}

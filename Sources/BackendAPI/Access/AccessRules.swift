import HTTP
import HTTPTypes

/// What a request must bring to be let in.
enum AccessDoor: Sendable, Equatable {
    /// Nothing.
    case open
    /// A key with that scope where keys are needed.
    case scope(Scope)
    /// A key of the administrator, unless it comes from this machine.
    case administration

    /// What is not named here needs a key: a new route is closed until somebody opens it.
    static func of(_ method: HTTPRequest.Method, _ path: String) -> AccessDoor {
        if method == .options { return .open }
        switch path {
        case "/health", "/health/live", "/health/ready", "/docs", "/openapi.json": return .open
        case "/metrics": return .administration
        default: return .scope(method == .get || method == .head ? .read : .generate)
        }
    }
}

/// The key that a request brings.
enum PresentedKey: Sendable, Equatable {
    case none
    case text(String)
    /// Two that differ, or none where one should be.
    case unreadable

    /// - Parameter readsAPIKey: whether `X-API-Key` is ours on this route.
    init(_ fields: HTTPFields, readsAPIKey: Bool = true) {
        var texts: Set<String> = []
        if let bearer = fields[.authorization].flatMap(Self.bearer) { texts.insert(bearer) }
        if readsAPIKey, let given = fields[.xAPIKey] { texts.insert(given) }
        switch texts.count {
        case 0: self = .none
        case 1: self = texts.first.map { $0.isEmpty ? .unreadable : .text($0) } ?? .none
        default: self = .unreadable
        }
    }

    /// The token of RFC 6750, section 2.1; nil for another scheme, which is somebody else's.
    private static func bearer(_ field: String) -> String? {
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.first?.lowercased() == "bearer" else { return nil }
        return parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
    }
}

extension HTTPProblem {
    /// 401 (RFC 9110, section 15.5.2), with what RFC 6750, section 3, has to say of it.
    static func unauthorized(_ detail: String, error: String? = nil) -> HTTPProblem {
        let parameter = error.map { ", error=\"\($0)\"" } ?? ""
        return HTTPProblem(
            .unauthorized, detail, headers: [.wwwAuthenticate: "Bearer realm=\"Easel\"\(parameter)"])
    }

    static let keyMissing = unauthorized("An API key is needed: Authorization: Bearer KEY, or X-API-Key: KEY.")
    static let keyWrong = unauthorized("The API key is wrong, or was revoked.", error: "invalid_token")

    /// Where no key is looked at.
    static let otherMachine = HTTPProblem(.forbidden, "With AUTH=off this is for this machine alone.")

    static func scopeMissing(_ scope: Scope) -> HTTPProblem {
        HTTPProblem(
            .forbidden, "The API key lacks the scope \"\(scope.rawValue)\".",
            headers: [
                .wwwAuthenticate:
                    "Bearer realm=\"Easel\", error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
            ])
    }

    /// 429, with the number that contract 2 has for it.
    static func tooMuch(_ verdict: RateVerdict, _ limits: ClientLimits) -> HTTPProblem {
        let detail =
            switch verdict.exceeded {
            case .bytes: "More than \(limits.bytesPerMinute) bytes a minute were sent."
            default: "More than \(limits.requestsPerMinute) requests a minute were sent."
            }
        return HTTPProblem(
            .tooManyRequests, detail, code: PortraitError.rateLimited.rawValue,
            headers: [.retryAfter: String(verdict.retryAfter ?? 1)])
    }
}

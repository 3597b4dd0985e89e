public import HTTPTypes
public import JSONText

/// An error that knows how it is answered. Any other one becomes a plain 500.
public protocol HTTPResponseError: Error {
    var response: Response { get }
}

extension Response {
    /// The answer to an error: its own, or a 500 that says nothing of the inside.
    public init(for error: any Error) {
        if let error = error as? any HTTPResponseError {
            self = error.response
        } else {
            self = HTTPProblem(.internalServerError, "Something went wrong here.").response
        }
    }
}

/// A refusal as a machine-readable problem (RFC 9457). Thrown by a handler, it becomes the answer.
public struct HTTPProblem: HTTPResponseError, Equatable {
    public var status: HTTPResponse.Status
    /// The same for every problem of its kind: the status's own phrase unless something better is known.
    public var title: String
    /// What happened this time, for the person who reads it. No path, secret or prompt in it.
    public var detail: String
    /// Easel's own number of the error, where one exists.
    public var code: Int?
    public var headers: HTTPFields
    /// Further members of the answer.
    public var extra: JSONObject

    public init(
        _ status: HTTPResponse.Status, _ detail: String, title: String? = nil, code: Int? = nil,
        headers: HTTPFields = [:], extra: JSONObject = [:]
    ) {
        self.status = status
        self.title = title ?? status.reasonPhrase
        self.detail = detail
        self.code = code
        self.headers = headers
        self.extra = extra
    }

    public var response: Response {
        var members: JSONObject = [
            "type": "about:blank", "title": .string(title), "status": .integer(Int64(status.code)),
            "detail": .string(detail),
        ]
        if let code { members["code"] = .integer(Int64(code)) }
        for (name, value) in extra { members[name] = value }
        var headers = headers
        headers[.contentType] = "application/problem+json"
        return Response(status: status, headers: headers, body: .bytes(JSON.object(members).serialized()))
    }

    static func bodyTooLarge(limit: Int) -> HTTPProblem {
        HTTPProblem(.contentTooLarge, "The request body is over the limit of \(limit) bytes.")
    }
}

extension HTTPViolation: HTTPResponseError {
    public var response: Response {
        HTTPProblem(statusWithPhrase, "The request is refused: \(reason).").response
    }

    private var statusWithPhrase: HTTPResponse.Status {
        switch status {
        case 408: .requestTimeout
        case 413: .contentTooLarge
        case 417: .expectationFailed
        case 431: .requestHeaderFieldsTooLarge
        case 501: .notImplemented
        case 505: .httpVersionNotSupported
        default: .badRequest
        }
    }
}

internal import Crypto
internal import HTTP
internal import HTTPTypes
internal import JSONText
internal import Loop

extension EmulatorCore {
    static func base64(_ bytes: [UInt8]) -> String { Base64.encode(bytes) }

    /// What is answered in the place of taking a request, whoever the provider is; nil to take it.
    ///
    /// - Parameter key: of an error's text: "detail" or "error".
    func refusal(key: String) -> Response? {
        func error(_ status: HTTPResponse.Status, _ text: String, _ headers: HTTPFields = [:]) -> Response {
            .json(.object([key: .string(text)]), status: status, headers: headers)
        }
        if plan.take(.rateLimited) { return error(.tooManyRequests, "Too many requests.", [.retryAfter: "1"]) }
        if plan.take(.rateLimitedSilently) { return error(.tooManyRequests, "Too many requests.") }
        if plan.take(.rateLimitedInWords) {
            return .json(
                ["detail": "Request was throttled. Your rate limit resets in ~1s.", "status": 429, "retry_after": 1],
                status: .tooManyRequests)
        }
        if plan.take(.unavailable) { return error(.serviceUnavailable, "Service Unavailable") }
        if plan.take(.loading) {
            let text = JSON.string("Model emulated/model is currently loading")
            return .json(.object([key: text, "estimated_time": 0.25]), status: .serviceUnavailable)
        }
        if plan.take(.unauthorized) { return error(.unauthorized, "Invalid token.") }
        if plan.take(.noCredit) { return error(.paymentRequired, "You have insufficient credit.") }
        return nil
    }
}

extension HTTPResponse.Status {
    static let paymentRequired = HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
}

import HTTPTypes
import JSONText
import Outbound

/// An answer of a provider's API.
struct ProviderAnswer: Sendable {
    let status: Int
    let headers: HTTPFields
    /// Nil where the body is no JSON.
    let json: JSON?

    var isSuccess: Bool { (200..<300).contains(status) }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }

    /// How long it asks to be left alone: `Retry-After`; `retry_after` or `estimated_time` of the body; the time in
    /// Hugging Face's `RateLimit`; "resets in ~30s" in Replicate's text.
    var retryAfter: Duration? {
        if let text = headers[.retryAfter], let pause = RetryAfter.pause(text, now: Int(TaskBook.now() / 1000)) {
            return pause
        }
        let number = json?["retry_after"]?.double ?? json?["estimated_time"]?.double ?? rateLimitSeconds ?? saidSeconds
        guard let number, number.isFinite, number >= 0 else { return nil }
        return .seconds(min(number, 86_400))
    }

    /// `RateLimit: "api";r=0;t=30`.
    private var rateLimitSeconds: Double? {
        for part in (header("RateLimit") ?? "").split(separator: ";") {
            let part = part.drop { $0 == " " }
            if part.hasPrefix("t=") { return Double(part.dropFirst(2)) }
        }
        return nil
    }

    private var saidSeconds: Double? {
        guard status == 429, let text = json?["detail"]?.string, let mark = text.firstIndex(of: "~") else { return nil }
        let digits = text[text.index(after: mark)...].prefix { $0.isASCII && $0.isNumber }
        return text[digits.endIndex...].hasPrefix("s") ? Double(digits) : nil
    }

    /// What it says of an error, whatever the form: `detail` or `error`, a text, a list, an object with `msg` or
    /// `message`.
    var words: String {
        let said = ["detail", "error", "message", "title"].lazy.compactMap { json?[$0] }.first { !$0.isNull }
        let text = said.map(Self.words) ?? ""
        return text.isEmpty ? "HTTP \(status)" : ProviderFailure.shown(text)
    }

    private static func words(_ value: JSON) -> String {
        switch value {
        case .string(let text): return text
        case .array(let list): return list.prefix(5).map(words).joined(separator: "; ")
        case .object(let object):
            let place = object["loc"]?.array?.last?.string.map { "\($0): " } ?? ""
            return place + (object["msg"] ?? object["message"] ?? object["error"] ?? .null).wordsOrNothing
        default: return ""
        }
    }
}

extension JSON {
    fileprivate var wordsOrNothing: String { string ?? "" }
}

extension ProviderFailure {
    /// The answer to a request that may have been taken did not come, or the request did not go out.
    init(submitting error: TransportError, _ draft: ProviderTicket) {
        switch error.kind {
        case .cannotConnect: self.init(.transient, error.message)
        case .badURL, .notPublic: self.init(.notReady, error.message)
        case .timeout, .interrupted, .tooLarge, .other:
            self.init(.unknown, error.message, isPerhapsPaid: true, ticket: draft)
        }
    }

    /// A call that costs nothing failed.
    init(preparing error: TransportError) {
        switch error.kind {
        case .badURL, .notPublic: self.init(.notReady, error.message)
        default: self.init(.transient, error.message)
        }
    }
}

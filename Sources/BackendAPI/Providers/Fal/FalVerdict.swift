import HTTPTypes
import JSONText

/// What an answer of fal means (<https://docs.fal.ai/model-apis/errors>): decided by status, headers and `type`, and only
/// where there is nothing else by words.
enum FalVerdict {
    /// An error at submit, where fal judges no input yet.
    static func onSubmit(_ answer: ProviderAnswer, _ ticket: ProviderTicket) -> ProviderFailure {
        switch answer.status {
        // Of the request's name in the head fal's own clients conclude that a service behind the gate has answered.
        case 500... where !ticket.isDraft:
            ProviderFailure(.unknown, answer.words, isPerhapsPaid: true, ticket: ticket)
        default: common(answer) ?? input(answer)
        }
    }

    static func onStatus(_ answer: ProviderAnswer) -> ProviderFailure {
        // It was taken once: fal knows it no more, or not yet everywhere.
        if answer.status == 404 {
            return ProviderFailure(.transient, "the request is not known there", isPerhapsPaid: true)
        }
        return common(answer) ?? ProviderFailure(.unknown, answer.words)
    }

    /// A request that has ended without a result: nothing is paid for it.
    static func onResult(_ answer: ProviderAnswer) -> ProviderFailure {
        if answer.headers[.falTimeoutType] == "user" { return ProviderFailure(.timedOut, answer.words) }
        // The status was ahead of the result.
        if answer.status == 400, answer.words.contains("still in progress") {
            return ProviderFailure(.unknown, answer.words)
        }
        if let failure = byType(types(answer), answer.words) { return failure }
        if isRetryable(answer) { return ProviderFailure(.transient, answer.words, retryAfter: answer.retryAfter) }
        if answer.status == 404 {
            return ProviderFailure(.badResult, "the result is gone: \(answer.words)", isPerhapsPaid: true)
        }
        return common(answer) ?? input(answer)
    }

    /// `error` and `error_type` of a status `COMPLETED`.
    static func onCompletion(_ answer: ProviderAnswer) -> ProviderFailure? {
        guard let error = answer.json?["error"], !error.isNull else { return nil }
        let words = ProviderFailure.shown(error.string ?? error.text)
        let type = answer.json?["error_type"]?.string
        return byType(type.map { [$0] } ?? [], words) ?? ProviderFailure(.transient, words)
    }

    // MARK: Parts

    private static func types(_ answer: ProviderAnswer) -> [String] {
        let details = answer.json?["detail"]?.array ?? []
        let named = [answer.headers[.falErrorType], answer.json?["error_type"]?.string].compactMap { $0 }
        return named + details.compactMap { $0["type"]?.string }
    }

    private static let passing: Set<String> = [
        "internal_server_error", "internal_error", "generation_timeout", "downstream_service_error",
        "downstream_service_unavailable", "request_timeout", "startup_timeout", "runner_scheduling_failure",
        "runner_connection_timeout", "runner_disconnected", "runner_connection_refused", "runner_connection_error",
        "runner_server_error",
    ]

    private static func byType(_ types: [String], _ words: String) -> ProviderFailure? {
        if types.contains("content_policy_violation") || ProviderFailure.tellsOfUnsafe(words) {
            return ProviderFailure(.refusedAsUnsafe, words)
        }
        return types.contains(where: passing.contains) ? ProviderFailure(.transient, words) : nil
    }

    private static func isRetryable(_ answer: ProviderAnswer) -> Bool {
        [answer.headers[.falRetryable], answer.headers[.falNeedsRetry]].contains { ["true", "1"].contains($0) }
    }

    /// What means the same everywhere.
    private static func common(_ answer: ProviderAnswer) -> ProviderFailure? {
        let words = answer.words
        switch answer.status {
        case 401: return ProviderFailure(.authentication, words)
        case 402: return ProviderFailure(.exhausted, words)
        case 403:
            let isExhausted = words.lowercased().contains("exhausted balance")
            return ProviderFailure(isExhausted ? .exhausted : .authentication, words)
        case 404: return ProviderFailure(.notReady, words)
        case 429: return ProviderFailure(.rateLimited, words, retryAfter: answer.retryAfter)
        case 408, 409, 500...: return ProviderFailure(.transient, words, retryAfter: answer.retryAfter)
        default: return nil
        }
    }

    private static func input(_ answer: ProviderAnswer) -> ProviderFailure {
        let kind: ProviderFailure.Kind = [400, 413, 422].contains(answer.status) ? .badInput : .transient
        return ProviderFailure(kind, answer.words)
    }
}

import JSONText

/// What an answer of Replicate means.
enum ReplicateVerdict {
    enum State: Sendable, Equatable {
        case pending
        /// The addresses of what was made.
        case done([String])
        case failed(ProviderFailure)
    }

    /// A prediction as it stands. One that was held until it ended says `processing` and has its output all the same, so
    /// the output counts before the status.
    static func onPrediction(_ prediction: JSON) -> State {
        let status = prediction["status"]?.string ?? ""
        let output = urls(prediction["output"] ?? .null)
        switch status {
        case "failed":
            let words = ProviderFailure.shown(prediction["error"]?.string ?? "the prediction failed")
            let isUnsafe = ProviderFailure.tellsOfUnsafe(words)
            return .failed(ProviderFailure(isUnsafe ? .refusedAsUnsafe : .transient, words))
        case "canceled", "aborted":
            return .failed(ProviderFailure(.transient, "the prediction was \(status) there"))
        case "succeeded" where output.isEmpty:
            return .failed(ProviderFailure(.badResult, "the prediction has no output", isPerhapsPaid: true))
        default: return output.isEmpty || status == "starting" ? .pending : .done(output)
        }
    }

    private static func urls(_ output: JSON) -> [String] {
        let all = output.array ?? [output]
        return all.compactMap(\.string).filter {
            $0.hasPrefix("https://") || $0.hasPrefix("http://") || $0.hasPrefix("data:")
        }
    }

    /// An error answer, to any call.
    static func onCall(_ answer: ProviderAnswer) -> ProviderFailure {
        let words = answer.words
        switch answer.status {
        case 401, 403: return ProviderFailure(.authentication, words)
        case 402: return ProviderFailure(.exhausted, words)
        case 404: return ProviderFailure(.notReady, words)
        case 429: return ProviderFailure(.rateLimited, words, retryAfter: answer.retryAfter)
        case 400, 413, 422:
            // Our own table names the version, so that one is not the request's fault.
            let isVersion = answer.json?["title"]?.string?.lowercased().contains("version") ?? false
            return ProviderFailure(isVersion ? .notReady : .badInput, words)
        default: return ProviderFailure(.transient, words, retryAfter: answer.retryAfter)
        }
    }
}

import HTTPTypes
import JSONText
import Loop
import Outbound

/// One request to Hugging Face's router, which holds it until the answer is there
/// (<https://huggingface.co/docs/inference-providers>).
@LoopActor
struct InferenceCall: Sendable {
    let tools: ProviderTools
    let draft: ProviderTicket

    /// A picture for a text. The answer is the picture itself.
    func picture(_ input: JSONObject, within limit: Duration) async throws -> ProviderOutcome {
        var parameters = input
        let prompt = parameters.removeValue(forKey: "prompt") ?? ""
        let body: JSON = ["inputs": prompt, "parameters": .object(parameters)]
        let url = "\(tools.api.baseURL)/hf-inference/models/\(draft.model)"
        do {
            let response = try await tools.api.send(
                .post, url, .bytes(body.serialized()),
                headers: [.contentType: "application/json", .accept: "image/png"], within: limit)
            // Some errors have come with 200: a picture is what says that it is none of those.
            guard response.status == 200, !isJSON(response) else {
                throw HuggingFaceVerdict.onCall(try await ProviderHTTP.read(response))
            }
            return .pictures([try await tools.results.receive(response)], seed: input["seed"]?.uint64)
        } catch let error as TransportError {
            throw ProviderFailure(submitting: error, draft)
        } catch var failure as ProviderFailure where failure.kind == .unknown {
            failure.ticket = draft
            throw failure
        }
    }

    private func isJSON(_ response: ClientResponse) -> Bool {
        response.headers[.contentType]?.lowercased().hasPrefix("application/json") ?? false
    }

    /// A text, by OpenAI's chat.
    func chat(_ input: JSONObject, within limit: Duration) async throws -> ProviderOutcome {
        var rest = input
        let prompt = rest.removeValue(forKey: "prompt") ?? ""
        var body: JSONObject = [
            "model": .string(draft.model), "messages": [["role": "user", "content": prompt]],
        ]
        for (name, value) in rest { body[name] = value }
        body["stream"] = false
        do {
            let answer = try await tools.api.post(
                "\(tools.api.baseURL)/v1/chat/completions", .object(body), within: limit)
            guard answer.isSuccess else { throw HuggingFaceVerdict.onCall(answer) }
            let choice = answer.json?["choices"]?[0]
            if choice?["finish_reason"]?.string == "content_filter" {
                throw ProviderFailure(.refusedAsUnsafe, "the text was filtered", isPerhapsPaid: true)
            }
            guard let text = choice?["message"]?["content"]?.string else {
                throw ProviderFailure(.badResult, "the answer holds no text", isPerhapsPaid: true)
            }
            return .text(text)
        } catch let error as TransportError {
            throw ProviderFailure(submitting: error, draft)
        }
    }
}

/// What an error answer of Hugging Face means.
enum HuggingFaceVerdict {
    static func onCall(_ answer: ProviderAnswer) -> ProviderFailure {
        let words = answer.words
        if ProviderFailure.tellsOfUnsafe(words) { return ProviderFailure(.refusedAsUnsafe, words) }
        // The estimate is known to be wrong both ways; the chain bounds what is waited.
        if answer.json?["estimated_time"] != nil {
            return ProviderFailure(.transient, words, retryAfter: answer.retryAfter)
        }
        switch answer.status {
        case 401, 403: return ProviderFailure(.authentication, words)
        case 402: return ProviderFailure(.exhausted, words)
        case 404, 410: return ProviderFailure(.notReady, words)
        case 429: return ProviderFailure(.rateLimited, words, retryAfter: answer.retryAfter)
        case 400, 413, 422: return ProviderFailure(.badInput, words)
        case 200..<300:
            return ProviderFailure(.badResult, "the answer is no picture: \(words)", isPerhapsPaid: true)
        default: return ProviderFailure(.transient, words, retryAfter: answer.retryAfter)
        }
    }
}

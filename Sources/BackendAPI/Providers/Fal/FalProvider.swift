import HTTPTypes
import JSONText
import Loop
import Outbound

/// fal, through its queue (<https://docs.fal.ai/model-apis/model-endpoints/queue>): submit, ask for the status, fetch the
/// result.
struct FalProvider: Provider {
    let tools: ProviderTools
    let isConfigured: Bool
    let name = ProviderName.fal

    func can(_ job: ProviderJob) -> ProviderCapability { tools.can(job) }
    func price(_ job: ProviderJob) -> Double { tools.price(job) }

    func prepare(_ job: ProviderJob, within limit: Duration) async throws -> ProviderTicket {
        let model = try tools.needModel(for: job.kind)
        if model.picture != nil { _ = try tools.needPicture(job) }
        return ProviderTicket(provider: .fal, kind: job.kind, model: model.model)
    }

    // MARK: Submit

    func submit(
        _ job: ProviderJob, _ draft: ProviderTicket, within limit: Duration
    ) async throws -> ProviderSubmission {
        let model = try tools.needModel(for: job.kind)
        var input = model.input(job.parameters)
        if let place = model.picture { input[place] = .string(try await tools.needPicture(job).dataURI()) }
        // The picture is in the body, so this is no quick call.
        let response = try await send(.object(input), draft, within: min(limit, tools.api.pace.downloadTimeout))
        // Named in the head: enough to follow the request when the body gets lost.
        let named = response.headers[.falRequestID].map { ticket(draft, id: $0) } ?? draft
        let answer: ProviderAnswer
        do { answer = try await ProviderHTTP.read(response) } catch let error as TransportError {
            throw ProviderFailure(.unknown, error.message, isPerhapsPaid: true, ticket: named)
        }
        guard answer.isSuccess else { throw FalVerdict.onSubmit(answer, named) }
        guard let id = answer.json?["request_id"]?.string, HubName.isPart(id) else {
            throw ProviderFailure(.unknown, "the answer names no request", isPerhapsPaid: true, ticket: named)
        }
        var taken = ticket(draft, id: id)
        for (name, field) in [("status", "status_url"), ("result", "response_url"), ("cancel", "cancel_url")] {
            taken.urls[name] = answer.json?[field]?.string
        }
        return ProviderSubmission(ticket: taken)
    }

    private func send(_ input: JSON, _ draft: ProviderTicket, within limit: Duration) async throws -> ClientResponse {
        let bytes = try await offLoop { input.serialized() }
        do {
            return try await tools.api.send(
                .post, "\(tools.api.baseURL)/\(draft.model)", .bytes(bytes),
                headers: [.contentType: "application/json"], within: limit)
        } catch let error as TransportError {
            throw ProviderFailure(submitting: error, draft)
        }
    }

    private func ticket(_ draft: ProviderTicket, id: String) -> ProviderTicket {
        var ticket = draft
        ticket.requestID = HubName.isPart(id) ? id : nil
        return ticket
    }

    // MARK: Follow

    func follow(
        _ ticket: ProviderTicket, within limit: Duration, onProgress: @escaping ProviderWatch
    ) async throws -> ProviderOutcome {
        let deadline = ProviderDeadline(within: limit)
        var waits = PollPauses(tools.api.pace)
        while true {
            let answer = try await tools.api.get(patiently: url("status", of: ticket), until: deadline)
            guard answer.isSuccess else { throw FalVerdict.onStatus(answer) }
            switch answer.json?["status"]?.string {
            case "COMPLETED": return try await result(ticket, answer, until: deadline)
            case "IN_QUEUE": onProgress(ProviderProgress(position: answer.json?["queue_position"]?.int))
            case "IN_PROGRESS": onProgress(ProviderProgress(position: 0))
            default: throw ProviderFailure(.unknown, "the status cannot be read", ticket: ticket)
            }
            let pause = waits.next()
            guard pause < deadline.left else { throw ProviderFailure(.timedOut, "no result in time") }
            try await sleep(for: pause)
        }
    }

    private func result(
        _ ticket: ProviderTicket, _ status: ProviderAnswer, until deadline: ProviderDeadline
    ) async throws -> ProviderOutcome {
        let answer = try await tools.api.get(patiently: url("result", of: ticket), until: deadline) {
            // A model's own failure has a JSON body and stays what it is.
            $0.status >= 500 && $0.json == nil
        }
        guard answer.isSuccess else { throw FalVerdict.onResult(answer) }
        if let failure = FalVerdict.onCompletion(status) { throw failure }
        guard let output = answer.json else {
            throw ProviderFailure(.badResult, "the result cannot be read", isPerhapsPaid: true)
        }
        guard !(output["has_nsfw_concepts"]?.array ?? []).contains(.bool(true)) else {
            throw ProviderFailure(.refusedAsUnsafe, "the result was flagged", isPerhapsPaid: true)
        }
        let images = output["images"]?.array ?? [output["image"] ?? .null]
        return try await tools.pictures(
            images.compactMap { $0["url"]?.string ?? $0.string }, until: deadline, seed: output["seed"]?.uint64)
    }

    /// As fal has said, or as its own clients put it together: of the model's name the first two parts.
    private func url(_ name: String, of ticket: ProviderTicket) -> String {
        let app = ticket.model.split(separator: "/").prefix(2).joined(separator: "/")
        let made = "\(tools.api.baseURL)/\(app)/requests/\(ticket.requestID ?? "")"
        return tools.api.ours(ticket.urls[name], else: name == "result" ? made : "\(made)/\(name)")
    }

    // MARK: Afterwards

    /// fal gives a request its name itself: without it there is nothing to look for.
    func locate(_ draft: ProviderTicket, within limit: Duration) async throws -> ProviderLocation { .unknowable }

    func cancel(_ ticket: ProviderTicket, within limit: Duration) async -> Bool {
        let answer = try? await tools.api.call(.put, url("cancel", of: ticket), within: limit)
        // "CANCELLATION_REQUESTED" is of one that may run already; a request that fal does not know was never done.
        return answer?.json?["status"]?.string == "OK" || answer?.status == 404
    }
}

extension HTTPField.Name {
    // The literals are tokens, so the names exist.
    static let falRequestID = HTTPField.Name("x-fal-request-id")!
    static let falRetryable = HTTPField.Name("X-Fal-Retryable")!
    static let falNeedsRetry = HTTPField.Name("X-Fal-Needs-Retry")!
    static let falErrorType = HTTPField.Name("X-Fal-Error-Type")!
    static let falTimeoutType = HTTPField.Name("X-Fal-Request-Timeout-Type")!
}

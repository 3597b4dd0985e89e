import JSONText
import Loop

/// Hugging Face: the router of Inference Providers for texts, and Gradio Spaces for pictures.
///
/// The router answers at once and gives a request no name: what got lost there cannot be looked for.
struct HuggingFaceProvider: Provider {
    let tools: ProviderTools
    let spaces: SpaceCalls
    let isConfigured: Bool
    let name = ProviderName.huggingface

    func can(_ job: ProviderJob) -> ProviderCapability { tools.can(job) }
    func price(_ job: ProviderJob) -> Double { tools.price(job) }

    func prepare(_ job: ProviderJob, within limit: Duration) async throws -> ProviderTicket {
        let model = try tools.needModel(for: job.kind)
        var ticket = ProviderTicket(provider: .huggingface, kind: job.kind, model: model.model)
        guard model.way == .space else {
            ticket.model = try Self.chosenModel(job, else: model.model)
            return ticket
        }
        try await spaces.needRunning(ticket.model, within: limit)
        ticket.trace["file"] = .string(
            try await spaces.upload(try tools.needPicture(job), to: ticket.model, within: limit))
        return ticket
    }

    /// A request may name the model itself; its name becomes a part of a path.
    private static func chosenModel(_ job: ProviderJob, else usual: String) throws -> String {
        guard let value = job.parameters["model"], !value.isNull else { return usual }
        guard let name = value.string, HubName.isModel(name) else {
            throw ProviderFailure(.badInput, "model must be owner/name of a model on Hugging Face")
        }
        return name
    }

    func submit(
        _ job: ProviderJob, _ draft: ProviderTicket, within limit: Duration
    ) async throws -> ProviderSubmission {
        let model = try tools.needModel(for: job.kind)
        let input = model.input(job.parameters)
        let call = InferenceCall(tools: tools, draft: draft)
        switch model.way {
        case .space:
            let picture = SpaceCalls.fileData(draft.trace["file"]?.string ?? "")
            let inputs = model.inputs(job.parameters, picture: picture)
            return ProviderSubmission(ticket: try await spaces.call(model.api, inputs, draft, within: limit))
        case .chat: return ProviderSubmission(ticket: draft, outcome: try await call.chat(input, within: limit))
        default: return ProviderSubmission(ticket: draft, outcome: try await call.picture(input, within: limit))
        }
    }

    func follow(
        _ ticket: ProviderTicket, within limit: Duration, onProgress: @escaping ProviderWatch
    ) async throws -> ProviderOutcome {
        try await spaces.follow(ticket, within: limit, onProgress: onProgress)
    }

    func locate(_ draft: ProviderTicket, within limit: Duration) async throws -> ProviderLocation { .unknowable }

    /// Neither the router nor a Space's two-call form can be called off.
    func cancel(_ ticket: ProviderTicket, within limit: Duration) async -> Bool { false }
}

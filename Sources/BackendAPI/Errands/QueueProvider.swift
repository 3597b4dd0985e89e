import Crypto
import JSONText
import Loop
import Wire
import Workflows

/// Our own GPU service as a provider: a job becomes a task of its own in the queue, under the errand's.
///
/// The ticket's draft holds the task's id, so that whoever comes after a crash finds the task, or knows that there is
/// none.
struct QueueProvider: Provider {
    let book: TaskBook
    let catalogue: Catalogue
    let dispatcher: Dispatcher
    let files: TaskFiles
    /// Which workflow does a kind of job, and under which names its parameters go there.
    var plans: [ProviderJob.Kind: WorkflowPlan]

    var name: ProviderName { .comfyui }
    var isConfigured: Bool { true }

    func price(_ job: ProviderJob) -> Double { 0 }

    func can(_ job: ProviderJob) -> ProviderCapability {
        guard let plan = plans[job.kind] else { return .no }
        let ignored = job.parameters.filter { !$0.value.isNull && plan.name(of: $0.key) == nil }.map(\.key)
        return .yes(warnings: ignored.map { "comfyui cannot honour \($0)" })
    }

    @LoopActor func prepare(_ job: ProviderJob, within limit: Duration) async throws -> ProviderTicket {
        guard let plan = plans[job.kind], let workflow = catalogue[plan.workflow] else {
            throw ProviderFailure(.notReady, "there is no such workflow")
        }
        guard workflow.ready else { throw ProviderFailure(.notReady, workflow.reasons.joined(separator: "; ")) }
        return ProviderTicket(
            provider: .comfyui, kind: job.kind, model: plan.workflow, trace: ["task": .string(UUID4.make())])
    }

    @LoopActor func submit(
        _ job: ProviderJob, _ draft: ProviderTicket, within limit: Duration
    ) async throws -> ProviderSubmission {
        guard let plan = plans[job.kind], let workflow = catalogue[plan.workflow], let id = draft.trace["task"]?.string
        else { throw ProviderFailure(.notReady, "there is no such workflow") }
        let lease = files.keeper.lease()
        defer { lease.end() }
        let task = try await task(id, job, plan, workflow, lease)
        _ = try await book.accept(task)
        var ticket = draft
        ticket.requestID = id
        return ProviderSubmission(ticket: ticket)
    }

    @LoopActor private func task(
        _ id: String, _ job: ProviderJob, _ plan: WorkflowPlan, _ workflow: WorkflowSummary, _ lease: FileLease
    ) async throws -> GenerationTask {
        var params = plan.parameters(job.parameters, of: workflow.parameters)
        var references: [String] = []
        let inputs = files.inputs
        for picture in job.pictures {
            let ending = picture.mime == "image/jpeg" ? "jpg" : String(picture.mime.dropFirst("image/".count))
            let name = try await lease.put { try inputs.put(picture.bytes, fileExtension: ending) }
            references.append(String(name.prefix(64)))
        }
        if let place = workflow.parameters.parameters.first(where: { $0.schema.isImage }), !references.isEmpty {
            let isList = place.schema.kind == .array
            params[place.name] = isList ? .array(references.map(JSON.string)) : .string(references[0])
        }
        let outcome = ParameterValidator(randomSeed: randomUInt64).validate(params, against: workflow.parameters)
        if let fault = outcome.faults.first {
            throw ProviderFailure(.badInput, "\(fault.loc.last.map { "\($0)" } ?? "a parameter"): \(fault.msg)")
        }
        var values = outcome.values
        for (name, schema) in workflow.parameters.parameters where schema.isImage && values[name] != nil {
            let list = references.map(InputReference.json(sha256:))
            values[name] = schema.kind == .array ? .array(list) : list.first
        }
        var task = GenerationTask(
            id: id, number: 0, workflow: plan.workflow, version: workflow.version, params: values, options: .init(),
            createdAt: TaskBook.now())
        (task.parent, task.owner) = (job.id, job.owner)
        return task
    }

    @LoopActor func follow(
        _ ticket: ProviderTicket, within limit: Duration, onProgress: @escaping ProviderWatch
    ) async throws -> ProviderOutcome {
        guard let id = ticket.requestID, let entry = try await book.find(id) else {
            throw ProviderFailure(.transient, "its task is gone")
        }
        let end = ContinuousClock.now + limit
        while !entry.task.state.hasEnded {
            guard ContinuousClock.now < end else {
                throw ProviderFailure(.timedOut, "no result in time", ticket: ticket)
            }
            onProgress(ProviderProgress(position: book.queue.position(of: id), value: entry.progress))
            try await entry.news(after: entry.revision, within: min(.seconds(1), end - .now))
        }
        switch entry.task.state {
        case .done: return .stored(entry.task.images, seed: entry.task.seed)
        case .cancelled: throw ProviderFailure(.badResult, "it was cancelled")
        // The queue has tried as often as it makes sense.
        default: throw ProviderFailure(.badResult, entry.task.error ?? "it failed")
        }
    }

    @LoopActor func locate(_ draft: ProviderTicket, within limit: Duration) async throws -> ProviderLocation {
        guard let id = draft.trace["task"]?.string, try await book.find(id) != nil else { return .absent }
        var ticket = draft
        ticket.requestID = id
        return .found(ticket)
    }

    @LoopActor func cancel(_ ticket: ProviderTicket, within limit: Duration) async -> Bool {
        guard let id = ticket.requestID, let entry = try? await book.find(id) else { return true }
        return (try? await dispatcher.cancel(entry)) ?? false
    }
}

/// Which workflow does a kind of job.
struct WorkflowPlan: Sendable {
    var workflow: String
    /// The workflow's names of parameters that it calls otherwise than ``ProviderJob`` does; empty: it has no such one.
    var names: [String: String] = [:]

    func name(of parameter: String) -> String? {
        let name = names[parameter] ?? parameter
        return name.isEmpty ? nil : name
    }

    /// The job's parameters, as far as the workflow has them.
    func parameters(_ given: JSONObject, of schema: ParameterSchema) -> JSONObject {
        var parameters: JSONObject = [:]
        for (name, value) in given where !value.isNull {
            guard let theirs = self.name(of: name), schema[theirs] != nil else { continue }
            parameters[theirs] = value
        }
        return parameters
    }

    /// The workflows that ship.
    static let shipped: [ProviderJob.Kind: WorkflowPlan] = [
        .fixOldPhoto: WorkflowPlan(workflow: "fix_old_photo"), .hdImage: WorkflowPlan(workflow: "hd_image"),
        .cartoonify: WorkflowPlan(workflow: "cartoonify"),
        .textToImage: WorkflowPlan(workflow: "free_generation", names: ["model": ""]),
        .identityPortrait(.speed): WorkflowPlan(workflow: "identity_speed", names: ["guidance_scale": "guidance"]),
        .identityPortrait(.quality): WorkflowPlan(workflow: "identity_quality", names: ["guidance_scale": "guidance"]),
    ]
}

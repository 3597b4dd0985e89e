import Crypto
import JSONText
import Logging
import Loop
import Outbound
import Wire
import Workflows

/// Puts each generation on a ComfyUI and sees it through, whoever listens.
@LoopActor
final class Dispatcher {
    let comfyUIs: [ComfyUI]
    private let inputs: InputStore
    /// Nil where no model can be fetched.
    private let models: ModelStore?
    private let logger: Logger
    /// By task, the newest attempt; the ended ones stay a while for their results.
    private var generations: [String: Generation] = [:]
    private var order: [String] = []
    private var tasks: [String: Task<Void, Never>] = [:]

    /// Called with each generation that has ended.
    var onEnd: @LoopActor (Generation) -> Void = { _ in }
    /// Of results handed on, in bytes.
    var resultBytes = 0

    private static let maxRemembered = 2000

    init(comfyUIs: [ComfyUI], inputs: InputStore, models: ModelStore? = nil, logger: Logger) {
        self.comfyUIs = comfyUIs
        self.inputs = inputs
        self.models = models
        self.logger = logger
    }

    /// How many generations may be under way at once.
    var capacity: Int { comfyUIs.reduce(0) { $0 + $1.capacity } }

    var isAnyAvailable: Bool { comfyUIs.contains(where: \.isAvailable) }

    /// What is known of the nodes of each ComfyUI that is there; while none is, of all.
    var nodeLists: [NodeList?] {
        let there = comfyUIs.filter(\.isAvailable)
        return (there.isEmpty ? comfyUIs : there).map(\.nodes)
    }

    /// Whether a request asks for what is under way or done here already.
    func isJoined(by request: GenerateRequest) -> Bool {
        guard let known = request.taskID.flatMap({ generations[$0] }) else { return false }
        return known.attempt == request.attempt && known.canBeJoined
    }

    subscript(_ taskID: String) -> Generation? { generations[taskID] }

    /// Begins a generation, or joins the one that is under way, or has ended well, for the same task and attempt.
    func generation(for request: GenerateRequest, of workflow: Workflow, requestID: String) -> Generation {
        let taskID = request.taskID ?? UUID4.make()
        if let known = generations[taskID], known.attempt == request.attempt, known.canBeJoined { return known }
        let promptID = PromptName.promptID(taskID: taskID, attempt: request.attempt)
        let generation = Generation(
            taskID: taskID, attempt: request.attempt, promptID: promptID, workflow: workflow.name,
            requestID: requestID)
        remember(generation)
        tasks[taskID] = loopTask { [weak self] in
            await self?.see(generation, through: request, workflow)
        }
        return generation
    }

    private func remember(_ generation: Generation) {
        if generations.updateValue(generation, forKey: generation.taskID) == nil { order.append(generation.taskID) }
        while order.count > Self.maxRemembered, let index = order.firstIndex(where: { generations[$0]?.end != nil }) {
            generations[order.remove(at: index)] = nil
        }
    }

    private func see(_ generation: Generation, through request: GenerateRequest, _ workflow: Workflow) async {
        do {
            let files = try await run(generation, request, workflow)
            generation.finished(files.results)
        } catch let failure as GenerationFailure {
            generation.report(.error(failure))
        } catch let silence as ComfyUIClient.NoAnswer {
            let message = "ComfyUI cannot be reached."
            generation.report(.error(GenerationFailure(.unavailable, message, detail: silence.reason)))
        } catch {
            generation.report(
                .error(GenerationFailure(.unavailable, "The GPU service was stopped.", detail: "\(error)")))
        }
        if tasks[generation.taskID]?.isCancelled == false { tasks[generation.taskID] = nil }
        log(generation)
        onEnd(generation)
    }

    private func run(
        _ generation: Generation, _ request: GenerateRequest, _ workflow: Workflow
    ) async throws -> [ComfyFile] {
        let limit = Self.duration(request.secondsLeft)
        let wanted = workflow.wantedModels(in: request.params)
        models?.hold(wanted)
        defer { models?.release(wanted) }
        // A task may have been here before this process was: its prompt is looked for before it is submitted.
        if request.taskID != nil, let found = try await find(generation, limit: limit) { return try await found.join() }
        let request = try await fetching(wanted, of: request, for: generation)
        let comfyUI = try await place(for: workflow)
        defer { comfyUI.freeSlot() }
        if generation.stopReason != nil { throw GenerationFailure(.cancelled, "The generation was cancelled.") }
        let graph = try await graph(for: generation, request, workflow, on: comfyUI)
        let run = PromptRun(
            promptID: generation.promptID, graph: graph, limit: Self.duration(request.secondsAnew) ?? limit, on: comfyUI
        ) {
            generation.report($0)
        }
        generation.placed(on: comfyUI, run: run)
        return try await run.submit(graph)
    }

    /// The request with the names of files in place of the URLs of models.
    private func fetching(
        _ wanted: [WantedModel], of request: GenerateRequest, for generation: Generation
    ) async throws -> GenerateRequest {
        guard !wanted.isEmpty else { return request }
        guard let models else { throw GenerationFailure(.input, "No model can be fetched by URL here.") }
        var request = request
        for model in wanted {
            do {
                let name = try await generation.untilStopped { try await models.fileName(of: model) }
                request.params[model.parameter] = .string(name)
            } catch let fault as ModelFault {
                throw GenerationFailure(fault.kind, "No model for \(model.parameter): \(fault.reason).")
            }
        }
        return request
    }

    private static func duration(_ seconds: Double?) -> Duration? { seconds.map { .seconds(min(max($0, 1), 86_400)) } }

    /// Looks on every ComfyUI that answers.
    private func find(_ generation: Generation, limit: Duration?) async throws -> PromptRun? {
        for comfyUI in comfyUIs where comfyUI.isAvailable {
            let run = PromptRun(promptID: generation.promptID, graph: .null, limit: limit, on: comfyUI) {
                generation.report($0)
            }
            guard try await run.isKnown() else { continue }
            generation.placed(on: comfyUI, run: run)
            return run
        }
        return nil
    }

    /// Of the ComfyUIs that can run it the one with the least to do, its slot taken.
    private func place(for workflow: Workflow) async throws -> ComfyUI {
        let there = comfyUIs.filter(\.isAvailable)
        guard !there.isEmpty else { throw GenerationFailure(.unavailable, "No ComfyUI answers.") }
        guard let best = there.filter({ $0.canRun(workflow) }).min(by: { $0.load < $1.load }) else {
            throw GenerationFailure(.unavailable, "No ComfyUI that answers has what the workflow needs.")
        }
        try await best.takeSlot()
        return best
    }

    /// The graph with the request's values in it, its pictures uploaded.
    private func graph(
        for generation: Generation, _ request: GenerateRequest, _ workflow: Workflow, on comfyUI: ComfyUI
    ) async throws -> JSON {
        var names: [String: [String]] = [:]
        for (parameter, value) in request.params {
            let hashes = value.array?.compactMap(InputReference.sha256) ?? InputReference.sha256(in: value).map { [$0] }
            for hash in hashes ?? [] {
                guard let input = inputs[hash] else { throw GenerationFailure(.unavailable, "A picture is missing.") }
                names[parameter, default: []].append(try await comfyUI.upload(input))
            }
        }
        let prefix = PromptName.filenamePrefix(taskID: generation.taskID, attempt: generation.attempt)
        do throws(InjectionError) {
            let graph = try workflow.prompt(with: request.params, uploadedImages: names, filenamePrefix: prefix)
            return graph.savingWhatOnlyGoesOverTheSocket(filenamePrefix: prefix)
        } catch {
            throw GenerationFailure(.input, error.reason + ".")
        }
    }

    private func log(_ generation: Generation) {
        var facts: Logger.Metadata = [
            "task": .string(generation.taskID), "attempt": .stringConvertible(generation.attempt),
            "prompt": .string(generation.promptID), "request_id": .string(generation.requestID),
        ]
        guard case .error(let failure) = generation.end else {
            return logger.info("Generation done", metadata: facts)
        }
        facts["kind"] = .string(failure.kind.rawValue)
        facts["detail"] = .string(failure.detail.isEmpty ? failure.message : failure.detail)
        logger.warning("Generation failed", metadata: facts)
    }

    /// Stops the prompt of a task that this process has not seen, wherever it is.
    ///
    /// - Returns: whether one was there.
    func stopUnknown(_ taskID: String, attempt: Int) async -> Bool {
        let promptID = PromptName.promptID(taskID: taskID, attempt: attempt)
        var wasThere = false
        for comfyUI in comfyUIs {
            guard let place = try? await comfyUI.client.queue().place(of: promptID), place != .absent else { continue }
            wasThere = true
            try? await comfyUI.client.stop(promptID)
        }
        return wasThere
    }

    /// Leaves every prompt to ComfyUI, where the next process finds it.
    func stop() {
        for task in tasks.values { task.cancel() }
    }
}

extension Generation {
    /// A failure is not joined: who asks for the attempt again wants it looked for again.
    var canBeJoined: Bool {
        if case .error = end { false } else { true }
    }
}

extension JSON {
    /// A picture of `SaveImageWebsocket` comes over the socket alone, in a frame that does not say whose it is, and is
    /// lost with the socket. `SaveImage` takes the same input and keeps it.
    func savingWhatOnlyGoesOverTheSocket(filenamePrefix: String) -> JSON {
        guard case .object(var nodes) = self else { return self }
        for (id, node) in nodes where node["class_type"]?.string == "SaveImageWebsocket" {
            guard var saving = node.object, var inputs = node["inputs"]?.object else { continue }
            inputs["filename_prefix"] = .string(filenamePrefix)
            saving["class_type"] = "SaveImage"
            saving["inputs"] = .object(inputs)
            nodes[id] = .object(saving)
        }
        return .object(nodes)
    }
}

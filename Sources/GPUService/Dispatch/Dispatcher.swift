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
    private let maker: PromptMaker
    /// Nil where no model can be fetched.
    private let models: ModelStore?
    private let logger: Logger
    let line: PlaceLine
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
        maker = PromptMaker(inputs: inputs)
        self.models = models
        self.logger = logger
        line = PlaceLine(comfyUIs)
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

    /// What a request asks for, where no workflow can be had for it: under way or done here already, or in a ComfyUI that
    /// answers, from before this process was. A submitted prompt needs no file.
    func known(for request: GenerateRequest, requestID: String) async -> Generation? {
        guard let taskID = request.taskID else { return nil }
        if isJoined(by: request) { return generations[taskID] }
        let promptID = PromptName.promptID(taskID: taskID, attempt: request.attempt)
        guard let comfyUI = await holder(of: promptID) else { return nil }
        // Another request may have come first meanwhile.
        if isJoined(by: request) { return generations[taskID] }
        return begin(request, workflow: request.workflow, requestID) { generation in
            try await self.run(of: generation, limit: Self.duration(request.secondsLeft), on: comfyUI).join()
        }
    }

    private func holder(of promptID: String) async -> ComfyUI? {
        for comfyUI in comfyUIs where comfyUI.isAvailable {
            if (try? await comfyUI.client.has(promptID)) == true { return comfyUI }
        }
        return nil
    }

    /// Begins a generation, or joins the one that is under way, or has ended well, for the same task and attempt.
    func generation(for request: GenerateRequest, of workflow: Workflow, requestID: String) -> Generation {
        if isJoined(by: request), let known = request.taskID.flatMap({ generations[$0] }) { return known }
        return begin(request, workflow: workflow.name, requestID) { generation in
            try await self.run(generation, request, workflow)
        }
    }

    private func begin(
        _ request: GenerateRequest, workflow: String, _ requestID: String,
        _ work: @escaping @LoopActor @Sendable (Generation) async throws -> [ComfyFile]
    ) -> Generation {
        let taskID = request.taskID ?? UUID4.make()
        let promptID = PromptName.promptID(taskID: taskID, attempt: request.attempt)
        let generation = Generation(
            taskID: taskID, attempt: request.attempt, promptID: promptID, workflow: workflow, requestID: requestID)
        remember(generation)
        tasks[taskID] = loopTask { [weak self] in await self?.see(generation, through: work) }
        return generation
    }

    private func remember(_ generation: Generation) {
        if generations.updateValue(generation, forKey: generation.taskID) == nil { order.append(generation.taskID) }
        while order.count > Self.maxRemembered, let index = order.firstIndex(where: { generations[$0]?.end != nil }) {
            generations[order.remove(at: index)] = nil
        }
    }

    private func see(
        _ generation: Generation, through work: @LoopActor (Generation) async throws -> [ComfyFile]
    ) async {
        do {
            generation.finished(try await work(generation).results)
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
        let comfyUI = try await line.place(generation, of: workflow)
        defer { comfyUI.freeSlot() }
        try generation.checkStop()
        let made = try await maker.prompt(for: generation, request, workflow, on: comfyUI)
        try generation.checkStop()
        let run = run(
            of: generation, limit: Self.duration(request.secondsAnew) ?? limit, graph: made.graph, on: comfyUI)
        do { return try await run.submit(made.graph) } catch let refusal as GenerationFailure
            where refusal.kind == .input && made.namesOldUploads
        {
            // Somebody may have cleared the input folder since they were put there.
            comfyUI.forgetUploads()
            let anew = try await maker.prompt(for: generation, request, workflow, on: comfyUI)
            return try await run.submit(anew.graph)
        }
    }

    private func run(
        of generation: Generation, limit: Duration?, graph: JSON = .null, on comfyUI: ComfyUI
    ) -> PromptRun {
        let run = PromptRun(promptID: generation.promptID, graph: graph, limit: limit, on: comfyUI) {
            generation.report($0)
        }
        generation.placed(on: comfyUI, run: run)
        return run
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
            guard try await comfyUI.client.has(generation.promptID) else { continue }
            return run(of: generation, limit: limit, on: comfyUI)
        }
        return nil
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

import Loop
import Wire

/// One generation and how far it is: followed to its end whoever listens, joined by whoever asks for it again.
@LoopActor
final class Generation {
    let taskID: String
    let attempt: Int
    let promptID: String
    let workflow: String
    /// Of the request that began it.
    let requestID: String
    let arrivedAt = ContinuousClock.now
    /// When it began in ComfyUI.
    private(set) var startedAt: ContinuousClock.Instant?

    /// What listeners are told; only the newest progress and preview count.
    private(set) var accepted: GenerationEvent?
    var hasStarted: Bool { startedAt != nil }
    private(set) var progress: Double?
    private(set) var preview: GenerationEvent?
    private(set) var end: GenerationEvent?
    /// Rises with each change, so that a listener knows whether there is news.
    private(set) var revision = 0
    /// What it made, and where that lies.
    private(set) var files: [ComfyFile] = []
    private(set) var comfyUI: ComfyUI?
    private(set) var run: PromptRun?
    private(set) var stopReason: PromptWatch.Stop?
    /// Called when it is to stop: where it waits for its place.
    var onStop: @LoopActor () -> Void = {}

    private var change = LoopEvent()
    /// What it does before it has a run.
    private var preparation: Task<String, any Error>?

    init(taskID: String, attempt: Int, promptID: String, workflow: String, requestID: String) {
        (self.taskID, self.attempt, self.promptID) = (taskID, attempt, promptID)
        (self.workflow, self.requestID) = (workflow, requestID)
    }

    /// Takes what its run reports.
    func report(_ event: GenerationEvent) {
        guard end == nil else { return }
        switch event {
        case .accepted: accepted = event
        case .started: start()
        case .progress(let value): progress = value
        case .preview: preview = event
        case .result, .error: end(with: event)
        }
        changed()
    }

    private func end(with event: GenerationEvent) {
        end = event
        comfyUI?.busy.ends(promptID, at: .now)
        // Thousands that have ended are remembered; and the run, which reports to this, would hold it for ever.
        (run, preview) = (nil, nil)
    }

    private func start() {
        guard startedAt == nil else { return }
        startedAt = .now
        comfyUI?.busy.begins(promptID, at: .now)
    }

    func placed(on comfyUI: ComfyUI, run: PromptRun) {
        self.comfyUI = comfyUI
        self.run = run
        if let stopReason { run.stop(stopReason) }
    }

    func finished(_ files: [ComfyFile]) {
        self.files = files
        let outputs = files.enumerated().map { number, file in
            GenerationOutput(n: number, node: file.node, name: file.node, kind: file.kind, mime: file.mime)
        }
        report(.result(outputs))
    }

    /// Asks ComfyUI to stop it. False when it has ended already.
    func stop() -> Bool {
        guard end == nil else { return false }
        stopReason = .cancelled
        preparation?.cancel()
        onStop()
        run?.stop(.cancelled)
        return true
    }

    /// Does what has to be done before there is a run, until the generation is stopped.
    ///
    /// - Throws: ``GenerationFailure`` when it is; else what `work` throws, `CancellationError` among it.
    func untilStopped(_ work: @escaping @LoopActor @Sendable () async throws -> String) async throws -> String {
        let task = Task(executorPreference: EventLoop.shared) { try await work() }
        if stopReason != nil { task.cancel() }
        preparation = task
        defer { preparation = nil }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch is CancellationError where stopReason != nil {
            throw GenerationFailure.cancelled
        }
    }

    /// - Throws: ``GenerationFailure`` when it is to stop.
    func checkStop() throws {
        if stopReason != nil { throw GenerationFailure.cancelled }
    }

    private func changed() {
        revision += 1
        let event = change
        change = LoopEvent()
        event.signal()
    }

    /// Waits until the revision is another than `seen`, at most `limit`.
    ///
    /// - Throws: `CancellationError`.
    func news(after seen: Int, within limit: Duration) async throws {
        guard revision == seen else { return }
        let event = change
        _ = try await event.wait(within: limit)
    }
}

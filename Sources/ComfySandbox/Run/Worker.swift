import Crypto
import JSONText
import Loop

/// Takes prompts off the queue, one at a time.
@LoopActor
final class Worker {
    let state: SandboxState
    let hub: SocketHub
    let files: FileStore
    let stepTime: Duration
    let log: Log
    let catalogue: @LoopActor () async -> NodeCatalogue
    /// Ends the process as a crash does.
    let die: @LoopActor () -> Void
    var cache = NodeCache<NodeResult>()

    init(
        state: SandboxState, hub: SocketHub, files: FileStore, stepTime: Duration, log: Log,
        catalogue: @escaping @LoopActor () async -> NodeCatalogue, die: @escaping @LoopActor () -> Void
    ) {
        self.state = state
        self.hub = hub
        self.files = files
        self.stepTime = stepTime
        self.log = log
        self.catalogue = catalogue
        self.die = die
    }

    /// Works until the task is cancelled.
    func run() async {
        for await _ in state.wakeUps {
            while !Task.isCancelled, !state.queue.pending.isEmpty {
                do { try await runNext() } catch { return }
            }
        }
    }

    private func runNext() async throws {
        if state.mustForget { cache.clear() }
        state.mustForget = false
        guard let prompt = state.queue.take() else { return }
        hub.send(.status(remaining: state.queue.remaining))
        // What kills ComfyUI: its thread for a missing `extra_data`, the process for a client id that is no key.
        if prompt.extraData.isNull { try await LoopEvent().wait() }
        if let client = prompt.extraData["client_id"], client.array != nil || client.object != nil { die() }
        let run = PromptRun(prompt, on: self, catalogue: await catalogue())
        state.isInterrupted = false
        state.log.start(prompt.id, at: SandboxState.now)
        let entry = try await run.run()
        try await finish(entry, run)
    }

    /// The end, in ComfyUI's order: the last event with a time, the history, the status, `executing` with no node.
    private func finish(_ entry: HistoryEntry, _ run: PromptRun) async throws {
        let prompt = entry.prompt
        let isSilent = state.fault(.noEndEvent, prompt: prompt) != nil
        let end = entry.messages.last
        if let end, !isSilent { hub.send(end) }
        keep(entry)
        state.queue.finishRunning()
        hub.current = nil
        let outcome = entry.isSuccess ? "success" : end?.type == "execution_error" ? "error" : "interrupted"
        state.log.finish(prompt.id, end: outcome, worked: run.hasWorked, at: SandboxState.now)
        log.info("prompt \(prompt.id): \(outcome)")
        hub.send(.status(remaining: state.queue.remaining))
        if !isSilent { hub.send(run.events.finished) }
    }

    private func keep(_ entry: HistoryEntry) {
        if state.fault(.lostHistory, prompt: entry.prompt) != nil { return }
        guard let late = state.fault(.lateHistory, prompt: entry.prompt) else { return state.history.add(entry) }
        Task(executorPreference: EventLoop.shared) { await self.keep(entry, after: late.milliseconds) }
    }

    private func keep(_ entry: HistoryEntry, after milliseconds: Int) async {
        try? await sleep(for: .milliseconds(milliseconds))
        state.history.add(entry)
    }
}

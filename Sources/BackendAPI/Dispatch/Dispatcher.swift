import Crypto
import Logging
import Loop
import Workflows

/// Gives queued tasks to pods and sees each to its end.
@LoopActor
final class Dispatcher {
    let book: TaskBook
    let pods: [GPUPod]
    private let catalogue: Catalogue
    private let files: TaskFiles
    private let limits: Limits
    private let logger: Logger
    private var runs: [Int: Task<Void, Never>] = [:]
    private var runCount = 0
    private(set) var isStopping = false
    /// Since when workflows that tasks wait for are in no catalogue.
    private var goneSince: [String: ContinuousClock.Instant] = [:]
    /// Called with each run that is to be made again: "same attempt" where the prompt will be looked for, "next attempt"
    /// where it starts anew.
    var onRetry: @LoopActor (String) -> Void = { _ in }

    /// How long a task may run in ComfyUI, and how long it may wait for that.
    struct Limits: Sendable {
        var running: Duration
        var waiting: Duration
    }

    private static let pauseAfterFault: Duration = .seconds(1)
    private static let expiryInterval: Duration = .seconds(5)
    /// A workflow that is gone for longer than this is not being saved, but was removed.
    private static let patienceForSaving: Duration = .seconds(60)

    init(book: TaskBook, pods: [GPUPod], catalogue: Catalogue, files: TaskFiles, limits: Limits, logger: Logger) {
        self.book = book
        self.pods = pods
        self.catalogue = catalogue
        self.files = files
        self.limits = limits
        self.logger = logger
        book.onQueued = { [weak self] in self?.dispatch() }
        for pod in pods { pod.onChange = { [weak self] in self?.dispatch() } }
    }

    // MARK: Giving out

    /// Gives out what can be given out now.
    func dispatch() {
        guard !isStopping else { return }
        while let (entry, pod) = claimNext() { start(entry, on: pod) }
    }

    /// The next task for the pod that has the least to do. One whose workflow has a fault on every pod waits; one whose
    /// version is gone everywhere is claimed, to be checked again.
    private func claimNext() -> (LiveTask, GPUPod)? {
        for pod in pods.filter(\.hasRoom).sorted(by: { $0.load < $1.load }) {
            guard let entry = book.take(where: { pod.isReady(for: $0) || !isServed($0) }) else { continue }
            let pod = place(of: entry.task, or: pod)
            if let last = pods.first(where: { $0.baseURL == entry.task.pod }), last !== pod {
                guard last.introduction.isSignalled else {
                    // It starts with this process, and has a moment to say that it is there.
                    book.leave(entry)
                    return nil
                }
                // It must not go on with what is done elsewhere now.
                last.cancelSoon(entry.task)
            }
            entry.task.pod = pod.baseURL
            book.begin(entry)
            return (entry, pod)
        }
        return nil
    }

    /// Whether any pod has the version that the task was checked against, or may have it again in a moment.
    private func isServed(_ kind: TaskQueue.Kind) -> Bool {
        pods.contains { $0.has(kind) } || isBeingEdited(kind.workflow)
    }

    /// Whether a workflow has a fault everywhere, or is gone for a moment: its file is being edited or copied. Its tasks
    /// wait, rather than fail for a file that is half there.
    private func isBeingEdited(_ workflow: String) -> Bool {
        if let summary = catalogue[workflow] {
            goneSince[workflow] = nil
            return !summary.ready
        }
        let since = goneSince[workflow] ?? .now
        goneSince[workflow] = since
        return .now - since < Self.patienceForSaving
    }

    /// Where a task goes that `pod` would get: to the one that had it before, which may have its prompt, if that can.
    private func place(of task: GenerationTask, or pod: GPUPod) -> GPUPod {
        pods.first {
            $0.baseURL == task.pod && $0.hasRoom && ($0.isReady(for: task.kind) || !isServed(task.kind))
        } ?? pod
    }

    private func start(_ entry: LiveTask, on pod: GPUPod) {
        pod.load += 1
        runCount += 1
        let number = runCount
        runs[number] = loopTask { [weak self] in
            let pause = await self?.run(entry, on: pod)
            // The pod has nothing to do with the pause.
            pod.load -= 1
            self?.dispatch()
            if let pause { await self?.putBack(entry, after: pause) }
            self?.runs[number] = nil
        }
    }

    // MARK: One run

    /// - Returns: the pause after which the task is queued again; nil when it has ended, or the service stops.
    private func run(_ entry: LiveTask, on pod: GPUPod) async -> Duration? {
        let lease = files.keeper.lease()
        defer { lease.end() }
        do {
            return try await attempt(entry, on: pod, lease)
        } catch {
            // Our own disk failed, or the service stops. A stop leaves the row as it is: the next process takes it up.
            guard !isStopping, !(error is CancellationError) else { return nil }
            logger.error(
                "A task could not be seen through",
                metadata: ["task": .string(entry.task.id), "error": .string("\(error)")])
            return Self.pauseAfterFault
        }
    }

    private func attempt(_ entry: LiveTask, on pod: GPUPod, _ lease: FileLease) async throws -> Duration? {
        if entry.task.isCancelling {
            for pod in pods { pod.cancelSoon(entry.task) }
            return try await settle(entry, .cancelled)
        }
        // What was given to a pod before may be a prompt by now, which needs no workflow: the pod looks for it.
        if !pod.has(entry.task.kind), entry.task.epoch <= 1 { return try await renewed(entry) }
        let run = TaskRun(entry: entry, pod: pod, files: files, lease: lease, book: book, limit: limits.running)
        switch try await run.run() {
        case .stored(let names):
            try await book.end(entry, as: .done) {
                $0.images = names
                $0.source = "comfyui"
            }
            logEnd(entry)
            return nil
        case .otherVersion:
            await pod.probe()
            return try await renewed(entry)
        case .event(let event):
            if event == .connectionLost { pod.seemsAway() }
            if case .busy(let pause) = event { pod.isBusy(for: pause ?? TaskLife.pauseAfterLoss) }
            return try await settle(entry, decide(entry, event))
        }
    }

    private func decide(_ entry: LiveTask, _ event: TaskLife.Event) -> TaskLife.Decision {
        let task = entry.task
        var life = TaskLife(
            state: task.state, attempt: task.attempt, isCancelling: task.isCancelling,
            interruptions: entry.interruptions, shortages: entry.shortages, cause: task.cause,
            jitter: Double(randomUInt64() >> 11) / Double(1 << 53))
        let decision = life.observe(event)
        (entry.interruptions, entry.shortages) = (life.interruptions, life.shortages)
        entry.task.cause = life.cause
        return decision
    }

    private func settle(_ entry: LiveTask, _ decision: TaskLife.Decision) async throws -> Duration? {
        switch decision {
        case .sameAttempt(let pause):
            onRetry("same attempt")
            return pause
        case .nextAttempt(let pause):
            onRetry("next attempt")
            entry.task.attempt += 1
            entry.task.pod = nil
            entry.runningSince = nil
            return pause
        case .failed(let reason): try await book.end(entry, as: .failed) { $0.error = reason }
        case .cancelled: try await book.end(entry, as: .cancelled)
        case .done, .interrupt, .tooLate, .goOn: break
        }
        logEnd(entry)
        return nil
    }

    private func logEnd(_ entry: LiveTask) {
        guard entry.task.state.hasEnded else { return }
        logger.info("Task \(entry.task.state.rawValue)", metadata: entry.facts)
    }

    private func putBack(_ entry: LiveTask, after pause: Duration) async {
        guard entry.task.state == .running, !isStopping else { return }
        book.putBack(entry)
        do { try await sleep(for: pause) } catch { return }
        // It may have been cancelled meanwhile.
        book.queueAgain(entry)
    }

    /// Has a task go on with its workflow as it is now; where nothing has changed, the pod is given a moment.
    private func renewed(_ entry: LiveTask) async throws -> Duration? {
        if isBeingEdited(entry.task.workflow) { return TaskLife.pauseAfterLoss }
        let before = entry.task.version
        switch Renewal.check(entry.task, against: catalogue[entry.task.workflow]) {
        case .fits(let version, let params):
            (entry.task.version, entry.task.params) = (version, params)
            return version == before ? TaskLife.pauseAfterLoss : .zero
        case .fails(let reason): return try await settle(entry, .failed(reason))
        }
    }

    // MARK: Waiting too long

    /// Fails what has waited for as long as it may; until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            try? await sleep(for: Self.expiryInterval)
            for entry in book.waiting(since: .now - limits.waiting) where !Task.isCancelled {
                do { _ = try await settle(entry, decide(entry, .waitedTooLong)) } catch {
                    logger.error("A task that waited too long could not be ended: \(error)")
                }
            }
        }
    }

    // MARK: The end

    /// Lets go of every task: ComfyUI goes on with its prompts, and the next process finds them.
    func stop() {
        isStopping = true
        for run in runs.values { run.cancel() }
    }

    /// Returns when none of them touches the database any more.
    func stopped() async { for run in runs.values { await run.value } }
}

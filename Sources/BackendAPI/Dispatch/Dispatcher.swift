import Crypto
import HTTPTypes
import JSONText
import Logging
import Loop
import Outbound
import Workflows

/// Gives queued tasks to pods and sees each to its end.
@LoopActor
final class Dispatcher {
    private let book: TaskBook
    private let pods: [GPUPod]
    private let catalogue: Catalogue
    private let inputs: FileStore
    private let images: FileStore
    private let limit: Duration
    private let logger: Logger
    private var runs: [Int: Task<Void, Never>] = [:]
    private var runCount = 0
    private let spool: String
    private(set) var isStopping = false

    /// A cancelled task's end is waited for so long before its state is told.
    private static let cancelPatience: Duration = .seconds(10)
    private static let pauseAfterLoss: Duration = .milliseconds(500)

    init(
        book: TaskBook, pods: [GPUPod], catalogue: Catalogue, inputs: FileStore, images: FileStore, spool: String,
        limit: Duration, logger: Logger
    ) {
        self.spool = spool
        self.book = book
        self.pods = pods
        self.catalogue = catalogue
        self.inputs = inputs
        self.images = images
        self.limit = limit
        self.logger = logger
        book.onQueued = { [weak self] in self?.dispatch() }
        for pod in pods { pod.onChange = { [weak self] in self?.dispatch() } }
    }

    /// Gives out what can be given out now.
    func dispatch() {
        guard !isStopping else { return }
        while let (entry, pod) = claimNext() { start(entry, on: pod) }
    }

    /// The next task for the pod that has the least to do. One whose workflow has a fault on every pod waits; one whose
    /// version is gone everywhere is claimed, to be checked again.
    private func claimNext() -> (LiveTask, GPUPod)? {
        for pod in pods.filter(\.hasRoom).sorted(by: { $0.load < $1.load }) {
            if let entry = book.claim(where: { pod.isReady(for: $0) || !isServed($0) }) { return (entry, pod) }
        }
        return nil
    }

    /// Whether any pod has the version that the task was checked against.
    private func isServed(_ task: GenerationTask) -> Bool { pods.contains { $0.has(task) } }

    private func start(_ entry: LiveTask, on pod: GPUPod) {
        pod.load += 1
        runCount += 1
        let number = runCount
        runs[number] = Task { [weak self] in
            await self?.run(entry, on: pod)
            pod.load -= 1
            self?.runs[number] = nil
            self?.dispatch()
        }
    }

    private func run(_ entry: LiveTask, on pod: GPUPod) async {
        do {
            if entry.isCancelling { return _ = try await book.end(entry, as: .cancelled) }
            if !pod.has(entry.task) { return try await renewAndPutBack(entry) }
            let run = TaskRun(
                entry: entry, pod: pod, inputs: inputs, images: images, spool: spool, book: book, limit: limit)
            switch try await run.run() {
            case .stored(let names):
                try await book.end(entry, as: .done) {
                    $0.images = names
                    $0.source = "comfyui"
                }
            case .otherVersion:
                await pod.probe()
                try await renewAndPutBack(entry)
            case .event(let event): try await settle(entry, event, pod)
            }
        } catch {
            await handBack(entry, after: error)
        }
        logger.info(
            "Task \(entry.task.state.rawValue)",
            metadata: [
                "task": .string(entry.task.id), "attempt": .stringConvertible(entry.task.attempt),
                "workflow": .string(entry.task.workflow),
            ])
    }

    private func settle(_ entry: LiveTask, _ event: TaskLife.Event, _ pod: GPUPod) async throws {
        if event == .connectionLost { pod.seemsAway() }
        var life = TaskLife(
            state: entry.task.state, attempt: entry.task.attempt, isCancelling: entry.isCancelling,
            interruptions: entry.interruptions)
        let decision = life.observe(event)
        entry.interruptions = life.interruptions
        switch decision {
        case .sameAttempt: try await putBack(entry, after: Self.pauseAfterLoss)
        case .nextAttempt(let pause):
            entry.task.attempt += 1
            entry.runningSince = nil
            try await putBack(entry, after: pause)
        case .failed(let reason): try await book.end(entry, as: .failed) { $0.error = reason }
        case .cancelled: try await book.end(entry, as: .cancelled)
        case .done, .interrupt, .tooLate: break
        }
    }

    /// A cancel that came during the pause is heeded: nothing is asked of a GPU any more.
    private func putBack(_ entry: LiveTask, after pause: Duration) async throws {
        try await sleep(for: pause)
        if entry.isCancelling { return _ = try await book.end(entry, as: .cancelled) }
        book.putBack(entry)
    }

    /// Has a task go on with its workflow as it is now; where nothing has changed, the pod is given a moment.
    private func renewAndPutBack(_ entry: LiveTask) async throws {
        let before = entry.task.version
        guard try await renew(entry) else { return }
        try await putBack(entry, after: entry.task.version == before ? Self.pauseAfterLoss : .zero)
    }

    /// Our own disk failed, or the service stops. A stop leaves the row as it is: the next process takes it up.
    private func handBack(_ entry: LiveTask, after error: any Error) async {
        guard !isStopping, !(error is CancellationError) else { return }
        logger.error(
            "A task could not be seen through",
            metadata: ["task": .string(entry.task.id), "error": .string("\(error)")])
        try? await sleep(for: .seconds(1))
        if !isStopping, entry.task.state == .running { book.putBack(entry) }
    }

    /// Checks a task against the workflow as it is now; one that does not fit any more fails, and says why.
    ///
    /// - Returns: whether it can run.
    private func renew(_ entry: LiveTask) async throws -> Bool {
        guard let workflow = catalogue[entry.task.workflow] else {
            try await book.end(entry, as: .failed) { $0.error = "The workflow \($0.workflow) is gone." }
            return false
        }
        let schema = workflow.parameters
        var texts = entry.task.params
        var pictures: [String: JSON] = [:]
        for (name, schema) in schema.parameters where schema.isImage {
            guard let value = texts[name] else { continue }
            pictures[name] = value
            texts[name] = schema.kind == .array ? .array((value.array ?? [value]).map { _ in "picture" }) : "picture"
        }
        let outcome = ParameterValidator(randomSeed: randomUInt64).validate(texts, against: schema)
        if let fault = outcome.faults.first {
            let name = fault.json["loc"]?.array?.last?.string ?? "a parameter"
            try await book.end(entry, as: .failed) {
                $0.error = "The workflow \($0.workflow) has changed, and \(name) no longer fits: \(fault.msg)."
            }
            return false
        }
        entry.task.version = workflow.version
        entry.task.params = outcome.values
        for (name, value) in pictures { entry.task.params[name] = value }
        return true
    }

    // MARK: Cancelling

    /// - Returns: false when it had ended already.
    func cancel(_ entry: LiveTask) async throws -> Bool {
        var life = TaskLife(state: entry.task.state, attempt: entry.task.attempt)
        switch life.observe(.cancel) {
        case .cancelled:
            try await book.end(entry, as: .cancelled)
            return entry.task.state == .cancelled
        case .interrupt:
            entry.isCancelling = true
            await interrupt(entry)
            return entry.task.state != .done && entry.task.state != .failed
        default: return false
        }
    }

    private func interrupt(_ entry: LiveTask) async {
        for pod in pods where pod.isReachable { await pod.cancel(entry.task.id) }
        try? await withDeadline(Self.cancelPatience) {
            while !entry.task.state.hasEnded {
                try await entry.news(after: entry.revision, within: Self.cancelPatience)
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

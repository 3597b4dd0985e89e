import Images
import JSONText
import Logging
import Loop
import Wire

/// Sees the errands through: each is a task that goes to a chain of providers and not to the queue of the GPUs.
@LoopActor
final class ErrandRunner {
    let book: TaskBook
    let room: ProviderRoom
    let queue: QueueProvider
    let files: TaskFiles
    let isReady: @LoopActor (String) -> Bool
    private let logger: Logger
    var waiting: [LiveTask] = []
    private(set) var runs: [String: Task<Void, Never>] = [:]
    var isStopping = false
    /// Returns when the GPU services that start with this one have had the time to say what they can run.
    let untilPodsHaveTold: @LoopActor () async throws -> Void
    /// How often our own disk was in the way.
    private(set) var diskWaits = 0

    /// So many run at once; the others wait in the order of their arrival.
    private static let atOnce = 64
    private static let secondWind: Duration = .seconds(60)
    static let diskPause: Duration = .seconds(1)
    /// After the deadline.
    private static let diskPatience: Duration = .seconds(600)

    /// - Parameters:
    ///   - isReady: whether a workflow can run on a pod now.
    ///   - untilPodsHaveTold: returns once the pods have had the time to say so.
    init(
        book: TaskBook, room: ProviderRoom, queue: QueueProvider, files: TaskFiles,
        isReady: @escaping @LoopActor (String) -> Bool,
        untilPodsHaveTold: @escaping @LoopActor () async throws -> Void, logger: Logger
    ) {
        (self.book, self.room, self.queue, self.files) = (book, room, queue, files)
        (self.isReady, self.untilPodsHaveTold, self.logger) = (isReady, untilPodsHaveTold, logger)
        book.onErrand = { [weak self] in self?.take($0) }
    }

    private func take(_ entry: LiveTask) {
        waiting.append(entry)
        next()
    }

    private func next() {
        while !isStopping, runs.count < Self.atOnce, !waiting.isEmpty {
            let entry = waiting.removeFirst()
            guard entry.task.state == .queued, !entry.isEnding else { continue }
            book.begin(entry)
            let id = entry.task.id
            runs[id] = Task { [weak self] in
                await self?.run(entry)
                self?.runs[id] = nil
                self?.next()
            }
        }
    }

    // MARK: One errand

    private func run(_ entry: LiveTask) async {
        // The process before this one was asked to.
        guard !entry.task.isCancelling else { return await callOff(entry) }
        do {
            try await patiently(entry) { try await see(entry) }
        } catch is CancellationError {
            // In a task of its own: this one is cancelled, and could not wait for the provider's answer.
            if entry.task.isCancelling { await Task { await self.callOff(entry) }.value }
        } catch is TaskBook.Stale {
            logger.error("An errand's row has been changed by another", metadata: entry.facts)
        } catch {
            logger.error("An errand gives up", metadata: entry.facts.merging(["error": "\(error)"]) { $1 })
            await endAtLast(entry, as: .failed) { $0.error = "The result could not be kept." }
        }
    }

    /// Does what needs our own disk, again and again for as long as that is in the way: what a provider has been paid for
    /// is not thrown away for that.
    ///
    /// - Throws: `CancellationError`, ``TaskBook/Stale``; what the disk reports long after the deadline.
    private func patiently<Result>(_ entry: LiveTask, _ work: () async throws -> Result) async throws -> Result {
        while true {
            do { return try await work() } catch let end where end is CancellationError || end is TaskBook.Stale {
                throw end
            } catch {
                let end = (entry.task.errand?.deadline ?? 0) + Self.diskPatience.milliseconds
                guard TaskBook.now() <= end else { throw error }
                logger.error(
                    "An errand waits for the disk", metadata: entry.facts.merging(["error": "\(error)"]) { $1 })
                diskWaits += 1
                try await sleep(for: Self.diskPause)
            }
        }
    }

    private func see(_ entry: LiveTask) async throws {
        let lease = files.keeper.lease()
        defer { lease.end() }
        guard let errand = entry.task.errand else { return }
        // What is made already was paid for.
        if errand.made.isEmpty, errand.result.text == nil {
            guard try await make(entry, lease) else { return }
            // The next process sees to it.
            if isStopping, errand.finish != nil { throw CancellationError() }
        }
        let images = try await finished(entry)
        try await done(entry, images)
    }

    /// Has the job done.
    ///
    /// - Returns: false when the task has ended with it.
    private func make(_ entry: LiveTask, _ lease: FileLease) async throws -> Bool {
        guard let errand = entry.task.errand else { return false }
        if errand.record.ticket == nil, errand.order.contains(.comfyui) { try await untilPodsHaveTold() }
        let start = ContinuousClock.now
        let job = try await job(entry.task, errand)
        let watch = ChainRunner.Watch {
            try await self.note($0, entry)
        } onProgress: { _, progress in
            entry.progress = max(entry.progress, progress.value ?? 0)
            entry.changed()
        }
        let answer = try await room.runner.run(
            job, order: errand.order, within: timeLeft(errand), resuming: errand.record, notReady: notReady(errand),
            watch: watch)
        var result = errand.result
        result.seconds = (ContinuousClock.now - start).seconds
        (result.cost, result.source, result.warnings) = (answer.cost, answer.source, answer.warnings)
        result.failure = answer.failure?.kind
        result.retryAfter = answer.failure?.retryAfter?.seconds
        guard let outcome = answer.outcome else {
            try await fail(entry, answer, result)
            return false
        }
        // Not by asking the provider again, which may not have it any more.
        let images = try await patiently(entry) { try await keep(outcome, &result, lease) }
        let final = result
        try await patiently(entry) {
            try await book.save(entry) {
                ($0.result, $0.made) = (final, images)
                $0.record.attempts = answer.attempts
                $0.record.ticket = nil
            }
        }
        return true
    }

    private func note(_ record: ChainRecord, _ entry: LiveTask) async throws {
        let isDraft = record.ticket?.isDraft == true
        // Nothing more is sent. What was on its way is taken now, and the next process follows it.
        if isStopping, isDraft { throw CancellationError() }
        defer { if isStopping, !isDraft { runs[entry.task.id]?.cancel() } }
        do {
            try await book.save(entry) { $0.record = record }
        } catch {
            // It was not sent, so that nobody need look for it.
            if isDraft { entry.task.errand?.record.ticket = nil }
            throw error
        }
    }

    /// What has begun is followed for a while even where its time ran out while no process was there: it may be paid for.
    func timeLeft(_ errand: Errand) -> Duration {
        let left = Duration.milliseconds(max(0, errand.deadline - TaskBook.now()))
        let hasBegun = errand.record.ticket != nil || !errand.made.isEmpty
        return hasBegun ? max(left, Self.secondWind) : left
    }

    private func done(_ entry: LiveTask, _ images: [String]) async throws {
        defer { logEnd(entry) }
        try await book.end(entry, as: .done) {
            $0.images = images
            $0.source = $0.errand?.result.source?.rawValue
            $0.warnings += $0.errand?.result.warnings ?? []
        }
    }

    private func fail(_ entry: LiveTask, _ answer: ChainAnswer, _ result: Errand.Result) async throws {
        defer { logEnd(entry) }
        try await book.end(entry, as: .failed) {
            $0.error = answer.failure.map { "No provider has served it: \($0)" } ?? "No provider has served it."
            $0.errand?.result = result
            $0.errand?.record.attempts = answer.attempts
        }
    }

    private func logEnd(_ entry: LiveTask) {
        guard entry.task.state.hasEnded else { return }
        var facts = entry.facts
        facts["source"] = entry.task.source.map { .string($0) }
        logger.info("Task \(entry.task.state.rawValue)", metadata: facts)
    }

    private func job(_ task: GenerationTask, _ errand: Errand) async throws -> ProviderJob {
        var job = ProviderJob(id: task.id, kind: errand.kind, parameters: errand.parameters)
        job.owner = task.owner
        let inputs = files.inputs
        for hash in task.inputsInOrder {
            guard let bytes = try await offLoop({ try inputs.readInput(hash) }) else { continue }
            let mime = ImageFormat(sniffing: bytes)?.mimeType ?? "application/octet-stream"
            job.pictures.append(.init(bytes: bytes, mime: mime))
        }
        return job
    }

    /// ComfyUI is not waited for while another provider could do the job; what it has begun is followed.
    private func notReady(_ errand: Errand) -> Set<ProviderName> {
        guard errand.record.ticket?.provider != .comfyui else { return [] }
        guard errand.order.count > 1, let plan = queue.plans[errand.kind], !isReady(plan.workflow) else { return [] }
        return [.comfyui]
    }

    private func keep(
        _ outcome: ProviderOutcome, _ result: inout Errand.Result, _ lease: FileLease
    ) async throws -> [String] {
        let images = files.images
        switch outcome {
        case .text(let text):
            result.text = text
            return []
        case .stored(let names, let seed):
            result.seed = seed
            return names
        case .pictures(let pictures, let seed):
            result.seed = seed
            var names: [String] = []
            for picture in pictures {
                names.append(
                    try await lease.put {
                        try images.put(picture.file, fileExtension: picture.info.format.fileExtension)
                    })
            }
            return names
        }
    }
}

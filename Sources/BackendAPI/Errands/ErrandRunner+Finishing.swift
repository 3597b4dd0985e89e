import Images
import JSONText
import Loop

/// The finishing pass over what a chain has made.
extension ErrandRunner {
    /// - Returns: the pictures after it; those before it, with a warning, where it could not be done.
    func finished(_ entry: LiveTask) async throws -> [String] {
        guard let errand = entry.task.errand, let finish = errand.finish, let picture = errand.made.first else {
            return entry.task.errand?.made ?? []
        }
        let start = ContinuousClock.now
        do {
            let images = try await pass(over: picture, finish, entry)
            try await book.save(entry) { $0.result.seconds += (ContinuousClock.now - start).seconds }
            return images
        } catch let failure as ProviderFailure {
            try await book.save(entry) {
                $0.result.warnings.append("the picture is without its finishing pass: \(failure)")
                $0.finish = nil
            }
            return errand.made
        }
    }

    private func pass(over picture: String, _ finish: Errand.Finish, _ entry: LiveTask) async throws -> [String] {
        if finish.task == nil { try await untilPodsHaveTold() }
        guard finish.task != nil || isReady(finish.workflow) else { throw ProviderFailure(.notReady, "") }
        var finisher = queue
        finisher.plans = [.textToImage: WorkflowPlan(workflow: finish.workflow)]
        let images = files.images
        let bytes = try await offLoop { try images.read(picture) }
        var job = ProviderJob(id: entry.task.id, kind: .textToImage, parameters: finish.parameters)
        job.owner = entry.task.owner
        job.pictures = [.init(bytes: bytes, mime: ImageFormat(sniffing: bytes)?.mimeType ?? "image/png")]
        let left = entry.task.errand.map(timeLeft) ?? .zero
        var ticket = try await finisher.prepare(job, within: left)
        if let task = finish.task {
            // A process before this one has begun with it.
            ticket.trace["task"] = .string(task)
        } else {
            let task = ticket.trace["task"]?.string
            try await book.save(entry) { $0.finish?.task = task }
        }
        switch try await finisher.locate(ticket, within: left) {
        case .found(let found): ticket = found
        default: ticket = try await finisher.submit(job, ticket, within: left).ticket
        }
        let submitted = ticket
        do {
            let outcome = try await finisher.follow(submitted, within: left) { progress in
                entry.progress = max(entry.progress, progress.value ?? 0)
                entry.changed()
            }
            guard case .stored(let names, _) = outcome, !names.isEmpty else { return [picture] }
            return names
        } catch let failure as ProviderFailure where failure.kind == .timedOut {
            _ = await finisher.cancel(submitted, within: .seconds(5))
            throw failure
        }
    }
}

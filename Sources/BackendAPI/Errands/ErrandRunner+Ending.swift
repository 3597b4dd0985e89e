import Loop

/// How an errand is cancelled, and how all of them are let go.
extension ErrandRunner {
    /// Of the grace, for closing the database.
    private static let stopReserve: Duration = .seconds(2)

    /// - Returns: false when it had ended already, or ended otherwise before it could be stopped.
    func cancel(_ entry: LiveTask) async throws -> Bool {
        if entry.task.state == .queued {
            guard try await book.end(entry, as: .cancelled) else { return false }
            waiting.removeAll { $0 === entry }
            return true
        }
        guard let run = runs[entry.task.id], !entry.task.state.hasEnded else { return false }
        try await book.wantCancelled(entry)
        run.cancel()
        await run.value
        return entry.task.state == .cancelled
    }

    func callOff(_ entry: LiveTask) async {
        if let ticket = entry.task.errand?.record.ticket { _ = await room.runner.cancel(ticket) }
        if let id = entry.task.errand?.finish?.task, let child = try? await book.find(id) {
            _ = try? await queue.dispatcher.cancel(child)
        }
        await endAtLast(entry, as: .cancelled)
    }

    /// Lets go of every errand: what is under way at a provider goes on, and the next process follows it. A request on its
    /// way there is waited for as far as the grace allows: until it is answered, nobody knows its name.
    func stop(grace: Duration) {
        guard !isStopping else { return }
        isStopping = true
        for (id, run) in runs where !isSending(id) { run.cancel() }
        loopTask { [weak self] in
            try? await sleep(for: max(grace / 2, grace - Self.stopReserve))
            for run in self?.runs.values.map(\.self) ?? [] { run.cancel() }
        }
    }

    private func isSending(_ id: String) -> Bool { book.live[id]?.task.errand?.record.ticket?.isDraft == true }

    func stopped() async { for run in runs.values { await run.value } }

    /// Ends a task as soon as our own disk allows it: what nobody sees to any more must not seem to run. When the service
    /// stops before, the next process goes on with it.
    func endAtLast(
        _ entry: LiveTask, as state: TaskState, _ edit: @escaping @Sendable (inout GenerationTask) -> Void = { _ in }
    ) async {
        // In a task of its own: the errand's may be cancelled, and then no pause is one.
        await Task {
            repeat {
                do {
                    try await book.end(entry, as: state, edit)
                    return
                } catch is TaskBook.Stale { return } catch { try? await sleep(for: Self.diskPause) }
            } while !isStopping
        }.value
    }
}

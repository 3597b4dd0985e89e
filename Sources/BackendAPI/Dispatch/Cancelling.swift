import Loop

extension Dispatcher {
    /// A cancelled task's end is waited for so long before its state is told.
    private static let cancelPatience: Duration = .seconds(10)

    /// Cancels a task: one that waits at once, one that runs through its pod.
    ///
    /// - Returns: false when it had ended already, or ended otherwise before it could be stopped.
    func cancel(_ entry: LiveTask) async throws -> Bool {
        var life = TaskLife(state: entry.task.state, attempt: entry.task.attempt)
        switch life.observe(.cancel) {
        case .cancelled:
            // It may have been with a pod before, and its prompt may run there unseen.
            if entry.task.epoch > 0 { for pod in pods { pod.cancelSoon(entry.task) } }
            // Its end may be on its way already: then that is the one.
            if try await !book.end(entry, as: .cancelled) { await untilEnd(of: entry) }
        case .interrupt:
            try await book.wantCancelled(entry)
            for pod in pods { pod.cancelSoon(entry.task) }
            await untilEnd(of: entry)
        default: return false
        }
        return entry.task.state != .done && entry.task.state != .failed
    }

    private func untilEnd(of entry: LiveTask) async {
        try? await withDeadline(Self.cancelPatience) {
            while !entry.task.state.hasEnded {
                try await entry.news(after: entry.revision, within: Self.cancelPatience)
            }
        }
    }
}

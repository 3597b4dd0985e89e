import Loop

/// How many tasks there are, and how long they take.
extension TaskBook {
    /// Tasks that wait, for a GPU or for a provider, with those on their way to the disk.
    var waitingCount: Int { queue.count + waitingErrands + accepting }

    /// How many tasks of an owner have not ended, those on their way to the disk included.
    func unendedCount(of owner: String) -> Int { unended[owner] ?? 0 }

    /// What ``counts`` is counted by.
    struct Standing: Hashable {
        var state: TaskState
        var priority: TaskPriority
    }

    /// Tasks that have not ended, by state and class; each combination, that a zero is told too.
    var counts: [Standing: Int] {
        var counts: [Standing: Int] = [:]
        for priority in TaskPriority.allCases {
            for state in [TaskState.queued, .running] { counts[Standing(state: state, priority: priority)] = 0 }
        }
        for entry in live.values where !entry.task.state.hasEnded {
            counts[Standing(state: entry.task.state, priority: entry.task.priority), default: 0] += 1
        }
        return counts
    }

    /// Queued tasks that were accepted before that.
    func waiting(since time: ContinuousClock.Instant) -> [LiveTask] {
        live.values.filter { $0.task.state == .queued && $0.acceptedAt < time }
    }

    /// Seconds until a task's end, as far as measured times tell.
    func estimate(_ entry: LiveTask) -> Double? {
        switch entry.task.state {
        case .queued:
            guard let position = queue.position(of: entry.task.id) else { return nil }
            return times.untilEnd(ahead: position + runningCount, of: entry.task.workflow)
        case .running:
            guard let since = entry.runningSince else {
                return times.untilEnd(ahead: max(0, runningCount - 1), of: entry.task.workflow)
            }
            return times.left(of: entry.task.workflow, after: .now - since)
        case .done, .failed, .cancelled: return nil
        }
    }
}

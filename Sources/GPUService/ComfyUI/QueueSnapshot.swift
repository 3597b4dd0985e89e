import JSONText

/// What `GET /queue` says, in the order in which ComfyUI will run it.
struct QueueSnapshot: Sendable, Equatable {
    enum Place: Sendable, Equatable {
        case running
        /// `ahead`: how many prompts run or wait before it.
        case pending(ahead: Int)
        case absent
    }

    var running: [String]
    var pending: [String]

    /// Nil when the body is not of the form; an entry is `[number, prompt_id, graph, …]`, the pending ones in the raw
    /// order of a heap.
    init?(answer: JSON) {
        guard let running = answer["queue_running"]?.array, let pending = answer["queue_pending"]?.array else {
            return nil
        }
        self.running = running.compactMap { $0[1]?.string }
        self.pending =
            pending
            .sorted { ($0[0]?.double ?? 0) < ($1[0]?.double ?? 0) }
            .compactMap { $0[1]?.string }
    }

    func place(of promptID: String) -> Place {
        if running.contains(promptID) { return .running }
        if let index = pending.firstIndex(of: promptID) { return .pending(ahead: running.count + index) }
        return .absent
    }
}

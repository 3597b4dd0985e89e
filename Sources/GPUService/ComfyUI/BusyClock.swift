import Loop

/// How long at least one prompt has been running, whichever: a value that is told of begins and ends.
struct BusyClock: Sendable {
    private var running: Set<String> = []
    private var since: ContinuousClock.Instant?
    private var total: Duration = .zero

    mutating func begins(_ prompt: String, at now: ContinuousClock.Instant) {
        if running.isEmpty { since = now }
        running.insert(prompt)
    }

    /// A prompt that never began ends without a trace.
    mutating func ends(_ prompt: String, at now: ContinuousClock.Instant) {
        guard running.remove(prompt) != nil, running.isEmpty, let since else { return }
        total += now - since
        self.since = nil
    }

    func seconds(at now: ContinuousClock.Instant) -> Double {
        (total + (since.map { now - $0 } ?? .zero)).seconds
    }
}

import JSONText

/// Who is told of a task, and of what.
struct TaskWebhook: Sendable, Equatable {
    /// Checked when the task was accepted.
    var url: String
    /// The states whose beginning is told, each once.
    var events: Set<TaskState>

    /// What is told when the client does not say.
    static let usualEvents: Set<TaskState> = [.done, .failed, .cancelled]

    var json: JSON {
        let names = TaskState.allCases.filter(events.contains).map { JSON.string($0.rawValue) }
        return ["url": .string(url), "events": .array(names)]
    }

    init(url: String, events: Set<TaskState> = usualEvents) {
        self.url = url
        self.events = events
    }

    /// - Returns: nil for a null, or what is no webhook.
    init?(json: JSON?) {
        guard let url = json?["url"]?.string else { return nil }
        self.url = url
        events = Set(json?["events"]?.array?.compactMap { $0.string.flatMap(TaskState.init(rawValue:)) } ?? [])
    }
}

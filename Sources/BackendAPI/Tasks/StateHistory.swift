import JSONText

/// The states that a task has been in, numbered from 1: what an event stream resumes from, also after a restart.
///
/// Bounded: a task whose pod comes and goes for days keeps its newest changes.
struct StateHistory: Sendable, Equatable {
    struct Change: Sendable, Equatable {
        var state: TaskState
        var attempt: Int
        /// Unix time in milliseconds.
        var at: Int64
    }

    private(set) var changes: [Change] = []
    /// Changes before the first that is kept.
    private(set) var dropped = 0

    static let limit = 40

    /// The newest change's number; 0 before the first.
    var last: Int { dropped + changes.count }

    mutating func add(_ change: Change) {
        changes.append(change)
        guard changes.count > Self.limit else { return }
        dropped += changes.count - Self.limit
        changes.removeFirst(changes.count - Self.limit)
    }

    /// The changes with a number over `seen`, oldest first.
    func changes(after seen: Int) -> [(number: Int, change: Change)] {
        changes.enumerated().map { (dropped + $0.offset + 1, $0.element) }.filter { $0.0 > seen }
    }

    init() {}

    var json: JSON {
        [
            "dropped": JSON(dropped),
            "changes": .array(
                changes.map { [.string($0.state.rawValue), JSON($0.attempt), .integer($0.at)] }),
        ]
    }

    init(json: JSON) {
        dropped = json["dropped"]?.int ?? 0
        changes = (json["changes"]?.array ?? []).compactMap { entry in
            guard let state = entry[0]?.string.flatMap(TaskState.init), let attempt = entry[1]?.int,
                let at = entry[2]?.int
            else { return nil }
            return Change(state: state, attempt: attempt, at: Int64(at))
        }
    }
}

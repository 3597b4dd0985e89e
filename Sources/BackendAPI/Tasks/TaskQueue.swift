/// The order in which queued tasks are served. A value in memory, rebuilt at start.
///
/// A priority class gets its share of the turns for as long as it has work (16 : 4 : 1), so that none starves; within a
/// class the owners (API keys, or client addresses) take turns; within an owner, arrival decides.
struct TaskQueue: Sendable {
    /// What a task needs from a pod: tasks that need the same are accepted or passed over together.
    struct Kind: Hashable, Sendable {
        var workflow: String
        var version: String
    }

    /// Stride scheduling (Waldspurger and Weihl, 1995): each class has a pass, the lowest pass is served, and serving
    /// adds the class's stride, the inverse of its share.
    private struct PriorityClass: Sendable {
        let stride: Int
        var pass = 0
        var line = OwnerLine()
    }

    private var classes = [1, 4, 16].map { PriorityClass(stride: $0) }
    /// The pass of the class that was served last: a class that was empty begins here, with no turns saved up.
    private var now = 0
    private var places: [String: GenerationTask.Place] = [:]
    private var kinds: [Kind: Int] = [:]

    var count: Int { places.count }

    func contains(_ id: String) -> Bool { places[id] != nil }

    /// Adds a task at its place: at the end of its owner's, or before later ones when it comes back from a retry.
    mutating func add(_ task: GenerationTask) {
        guard places[task.id] == nil else { return }
        let place = task.place
        places[task.id] = place
        kinds[place.kind, default: 0] += 1
        let index = place.priority.rawValue
        if classes[index].line.isEmpty { classes[index].pass = max(classes[index].pass, now) }
        classes[index].line.add(OwnerLine.Entry(id: task.id, number: place.number, kind: place.kind), of: place.owner)
    }

    /// Takes a task out, wherever it stands.
    mutating func remove(_ id: String) {
        guard let place = forget(id) else { return }
        classes[place.priority.rawValue].line.remove(number: place.number, of: place.owner)
    }

    /// The next task of a kind for which `accept` says yes, taken out; nil when there is none. `accept` is asked once a
    /// kind, so that thousands of tasks that nobody can run now cost nothing.
    mutating func take(where accept: (Kind) -> Bool) -> String? {
        let wanted = Set(kinds.keys.filter(accept))
        guard !wanted.isEmpty else { return nil }
        let turns = classes.indices.sorted { (classes[$0].pass, $0) < (classes[$1].pass, $1) }
        for index in turns {
            guard let id = classes[index].line.take(wanted) else { continue }
            now = classes[index].pass
            classes[index].pass += classes[index].stride
            _ = forget(id)
            return id
        }
        return nil
    }

    /// How many tasks go before this one if nothing more comes and all can run; nil when it is not queued.
    func position(of id: String) -> Int? {
        guard let place = places[id] else { return nil }
        let own = classes[place.priority.rawValue]
        let ahead = own.line.ahead(of: place.number, of: place.owner)
        let turn = own.pass + ahead * own.stride
        var position = ahead
        for (index, other) in classes.enumerated() where index != place.priority.rawValue {
            // Each pass below this one's turn is served before; of two that are equal, the higher class.
            let until = index < place.priority.rawValue ? turn : turn - 1
            let turns = until < other.pass ? 0 : (until - other.pass) / other.stride + 1
            position += min(turns, other.line.count)
        }
        return position
    }

    private mutating func forget(_ id: String) -> GenerationTask.Place? {
        guard let place = places.removeValue(forKey: id) else { return nil }
        kinds[place.kind, default: 1] -= 1
        if kinds[place.kind] == 0 { kinds[place.kind] = nil }
        return place
    }
}

extension GenerationTask {
    /// Where a task stands in the queue.
    struct Place: Sendable {
        var priority: TaskPriority
        var owner: String
        var number: Int
        var kind: TaskQueue.Kind
    }

    var kind: TaskQueue.Kind { TaskQueue.Kind(workflow: workflow, version: version) }
    var place: Place { Place(priority: priority, owner: owner, number: number, kind: kind) }
}

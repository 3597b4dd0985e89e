/// The order in which queued tasks are served: by priority, then by arrival. A value in memory, rebuilt at start.
struct TaskQueue: Sendable {
    private struct Entry: Sendable {
        let id: String
        let number: Int
    }

    /// One list a priority; taken from the front.
    private var lists: [[Entry]] = Array(repeating: [], count: TaskPriority.allCases.count)
    private var heads = [Int](repeating: 0, count: TaskPriority.allCases.count)
    private var present: Set<String> = []

    var count: Int { present.count }

    /// Adds a task at its place: at the end, or before later ones when it comes back from a retry.
    mutating func add(_ task: GenerationTask) {
        guard present.insert(task.id).inserted else { return }
        let lane = task.priority.rawValue
        let entry = Entry(id: task.id, number: task.number)
        if let last = lists[lane].last, last.number > task.number, heads[lane] < lists[lane].count {
            let place = lists[lane][heads[lane]...].firstIndex { $0.number > task.number } ?? lists[lane].count
            lists[lane].insert(entry, at: place)
        } else {
            lists[lane].append(entry)
        }
    }

    /// Takes a task out, wherever it stands.
    mutating func remove(_ id: String) { present.remove(id) }

    /// The first tasks in order for which `accept` says yes, taken out; nil when there is none.
    mutating func take(where accept: (String) -> Bool) -> String? {
        for lane in lists.indices {
            skipRemoved(lane)
            for index in heads[lane]..<lists[lane].count {
                let id = lists[lane][index].id
                guard present.contains(id), accept(id) else { continue }
                present.remove(id)
                lists[lane].remove(at: index)
                return id
            }
        }
        return nil
    }

    /// How many tasks go before this one; nil when it is not queued.
    func position(of id: String) -> Int? {
        guard present.contains(id) else { return nil }
        var ahead = 0
        for lane in lists.indices {
            for entry in lists[lane][heads[lane]...] where present.contains(entry.id) {
                if entry.id == id { return ahead }
                ahead += 1
            }
        }
        return nil
    }

    /// What has been taken out elsewhere goes from the front; now and then the list is cut.
    private mutating func skipRemoved(_ lane: Int) {
        while heads[lane] < lists[lane].count, !present.contains(lists[lane][heads[lane]].id) { heads[lane] += 1 }
        if heads[lane] > 1000 {
            lists[lane].removeFirst(heads[lane])
            heads[lane] = 0
        }
    }
}

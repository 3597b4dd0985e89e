/// Tasks of one priority: each owner has a line in the order of arrival, and the owners take turns.
struct OwnerLine: Sendable {
    struct Entry: Sendable {
        let id: String
        let number: Int
        let kind: TaskQueue.Kind
    }

    /// The owners that have tasks, in the order of their turns; the next is at `turn`.
    private var ring: [String] = []
    private var turn = 0
    private var lines: [String: Line] = [:]
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// One owner's tasks by number. Its front is cut off now and then, since that moves all the others.
    private struct Line: Sendable {
        private var entries: [Entry] = []
        private var head = 0

        var tasks: ArraySlice<Entry> { entries[head...] }

        /// Where the first task with this number or a higher one is.
        func index(of number: Int) -> Int {
            var (low, high) = (head, entries.count)
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].number < number { low = middle + 1 } else { high = middle }
            }
            return low
        }

        mutating func add(_ entry: Entry) { entries.insert(entry, at: index(of: entry.number)) }

        mutating func remove(at index: Int) {
            guard index == head else { return _ = entries.remove(at: index) }
            head += 1
            guard head >= 64, head * 2 >= entries.count else { return }
            entries.removeFirst(head)
            head = 0
        }

        func ahead(of number: Int) -> Int { index(of: number) - head }
    }

    mutating func add(_ entry: Entry, of owner: String) {
        if lines[owner] == nil {
            // A newcomer's first turn comes after everybody else's.
            ring.insert(owner, at: turn)
            turn = ring.count == 1 ? 0 : (turn + 1) % ring.count
            lines[owner] = Line()
        }
        lines[owner]?.add(entry)
        count += 1
    }

    mutating func remove(number: Int, of owner: String) {
        guard let line = lines[owner] else { return }
        let index = line.index(of: number)
        guard line.tasks.indices.contains(index), line.tasks[index].number == number else { return }
        drop(index, of: owner)
    }

    /// The next task of these kinds, taken out. Its owner's next turn comes after everybody else's.
    mutating func take(_ kinds: Set<TaskQueue.Kind>) -> String? {
        for step in ring.indices {
            let place = (turn + step) % ring.count
            let owner = ring[place]
            guard let tasks = lines[owner]?.tasks, let index = tasks.firstIndex(where: { kinds.contains($0.kind) })
            else { continue }
            let id = tasks[index].id
            turn = (place + 1) % ring.count
            drop(index, of: owner)
            return id
        }
        return nil
    }

    /// How many tasks of this priority go before the one with this number.
    func ahead(of number: Int, of owner: String) -> Int {
        guard let own = lines[owner]?.ahead(of: number) else { return 0 }
        var ahead = own
        var isBefore = true
        for step in ring.indices {
            let other = ring[(turn + step) % ring.count]
            if other == owner {
                isBefore = false
            } else {
                ahead += min(lines[other]?.tasks.count ?? 0, isBefore ? own + 1 : own)
            }
        }
        return ahead
    }

    private mutating func drop(_ index: Int, of owner: String) {
        lines[owner]?.remove(at: index)
        count -= 1
        guard lines[owner]?.tasks.isEmpty == true, let place = ring.firstIndex(of: owner) else { return }
        lines[owner] = nil
        ring.remove(at: place)
        if place < turn { turn -= 1 }
        if turn >= ring.count { turn = 0 }
    }
}

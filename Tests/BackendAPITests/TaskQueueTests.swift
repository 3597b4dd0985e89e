import Testing

@testable import BackendAPI

@Suite struct TaskQueueTests {
    private func drain(_ queue: inout TaskQueue) -> [String] {
        var ids: [String] = []
        while let id = queue.take(where: { _ in true }) { ids.append(id) }
        return ids
    }

    @Test func `priority goes before arrival, and arrival decides within one`() {
        let tasks = [
            Samples.task(1, priority: .low), Samples.task(2), Samples.task(3, priority: .high), Samples.task(4),
        ]
        var queue = TaskQueue()
        for task in tasks { queue.add(task) }
        #expect(drain(&queue) == [2, 1, 0, 3].map { tasks[$0].id })
        #expect(queue.count == 0)
    }

    @Test func `no class starves: each has its share of the turns`() {
        var queue = TaskQueue()
        var names: [String: TaskPriority] = [:]
        var number = 0
        for priority in TaskPriority.allCases {
            for _ in 0..<100 {
                number += 1
                let task = Samples.task(number, priority: priority)
                names[task.id] = priority
                queue.add(task)
            }
        }
        let first = drain(&queue).prefix(84).compactMap { names[$0] }
        #expect(first.filter { $0 == .high }.count == 64)
        #expect(first.filter { $0 == .normal }.count == 16)
        #expect(first.filter { $0 == .low }.count == 4)
        #expect(first.first == .high)
    }

    @Test func `a class that had nothing has saved up no turns`() {
        var queue = TaskQueue()
        for number in 1...200 { queue.add(Samples.task(number, priority: .high)) }
        for _ in 0..<100 { _ = queue.take { _ in true } }
        let late = (201...220).map { Samples.task($0, priority: .low) }
        for task in late { queue.add(task) }
        let next = (0..<32).compactMap { _ in queue.take { _ in true } }
        #expect(next.filter { id in late.contains { $0.id == id } }.count <= 3)
    }

    @Test func `owners take turns, however many one has`() {
        var queue = TaskQueue()
        var owners: [String: String] = [:]
        func add(_ number: Int, of owner: String) {
            var task = Samples.task(number)
            task.owner = owner
            owners[task.id] = owner
            queue.add(task)
        }
        for number in 1...50 { add(number, of: "a") }
        for number in 51...52 { add(number, of: "b") }
        add(53, of: "c")
        let order = drain(&queue).compactMap { owners[$0] }
        #expect(order.prefix(6).joined() == "abcaba")
        #expect(order.count == 53)
    }

    @Test(arguments: 0..<30) func `a position is the number of tasks that are served before`(seed: Int) {
        var state = UInt64(seed + 1) &* 0x9E37_79B9_7F4A_7C15
        func random(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        var queue = TaskQueue()
        var tasks: [GenerationTask] = []
        for number in 1...random(60) + 2 {
            var task = Samples.task(number, priority: TaskPriority(rawValue: random(3)) ?? .normal)
            task.owner = "owner \(random(4))"
            tasks.append(task)
            queue.add(task)
            if random(4) == 0, let id = queue.take(where: { _ in true }) { tasks.removeAll { $0.id == id } }
            if random(6) == 0, let victim = tasks.indices.randomElement() { queue.remove(tasks.remove(at: victim).id) }
        }
        let told = Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, queue.position(of: $0.id)) })
        let order = drain(&queue)
        #expect(order.count == tasks.count)
        for (place, id) in order.enumerated() { #expect(told[id] == place) }
    }

    @Test func `a task that comes back takes its old place`() {
        let tasks = (1...4).map { Samples.task($0) }
        var queue = TaskQueue()
        for task in tasks { queue.add(task) }
        #expect(queue.take { _ in true } == tasks[0].id)
        #expect(queue.take { _ in true } == tasks[1].id)
        queue.add(tasks[1])
        #expect(drain(&queue) == tasks[1...].map(\.id))
    }

    @Test func `what was removed is neither given out nor counted`() {
        let tasks = (1...3).map { Samples.task($0) }
        var queue = TaskQueue()
        for task in tasks { queue.add(task) }
        queue.remove(tasks[0].id)
        #expect(queue.count == 2)
        #expect(queue.position(of: tasks[0].id) == nil)
        #expect(queue.position(of: tasks[1].id) == 0)
        #expect(drain(&queue) == tasks[1...].map(\.id))
    }

    @Test func `one that nobody can run lets the next pass and keeps its place`() {
        let tasks = [Samples.task(1, version: "old"), Samples.task(2), Samples.task(3)]
        var queue = TaskQueue()
        for task in tasks { queue.add(task) }
        #expect(queue.take { $0.version != "old" } == tasks[1].id)
        #expect(queue.take { $0.version == "none" } == nil)
        #expect(drain(&queue) == [tasks[0].id, tasks[2].id])
    }

    @Test func `thousands go in and out in order`() {
        let tasks = (1...5000).map { Samples.task($0) }
        var queue = TaskQueue()
        for task in tasks { queue.add(task) }
        for task in tasks.prefix(2500) { queue.remove(task.id) }
        #expect(drain(&queue) == tasks.dropFirst(2500).map(\.id))
    }
}

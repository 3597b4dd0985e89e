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
            Samples.task(5, priority: .high),
        ]
        var queue = TaskQueue()
        for task in tasks { queue.add(task) }
        #expect(tasks.map { queue.position(of: $0.id) } == [4, 2, 0, 3, 1])
        #expect(drain(&queue) == [2, 4, 1, 3, 0].map { tasks[$0].id })
        #expect(queue.count == 0)
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
        let tasks = (1...3).map { Samples.task($0) }
        var queue = TaskQueue()
        for task in tasks { queue.add(task) }
        #expect(queue.take { $0 != tasks[0].id } == tasks[1].id)
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

import GRDB
import JSONText
import Logging
import Loop
import Operations
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct TaskStoreTests {
    init() { startLoop() }

    @LoopActor
    private func book(_ folder: TemporaryFolder) async throws -> (TaskBook, TaskDatabase) {
        let database = try TaskDatabase(path: folder.path + "/easel.db")
        let book = TaskBook(database: database, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await book.load()
        return (book, database)
    }

    @LoopActor @Test func `a task comes back as it was accepted`() async throws {
        let folder = try TemporaryFolder()
        var task = Samples.task(priority: .high)
        task.params = ["seed": .unsigned(18_446_744_073_709_551_615), "prompt": "a 🐈", "image": ["input": "ab"]]
        task.options.outputFormat = "webp"
        task.options.quality = 70
        task.options.previews = true
        task.options.keepMetadata = true
        task.warnings = ["one"]
        let (first, database) = try await book(folder)
        let accepted = try await first.accept(task).task
        await database.close()
        let (second, again) = try await book(folder)
        #expect(try await second.find(task.id)?.task == accepted)
        #expect(accepted.seed == .max)
        #expect(second.queue.position(of: task.id) == 0)
        await again.close()
    }

    @LoopActor @Test func `what was running is queued again, at the same attempt and in its old place`() async throws {
        let folder = try TemporaryFolder()
        let (first, database) = try await book(folder)
        let ids = try await [first.accept(Samples.task()).task.id, first.accept(Samples.task()).task.id]
        let claimed = try #require(first.claim { _ in true })
        #expect(claimed.task.id == ids[0])
        first.started(claimed)
        await database.close()
        #expect(try rows(in: folder).map(\.state) == [.queued, .running])
        let (second, again) = try await book(folder)
        let task = try #require(try await second.find(ids[0])?.task)
        #expect(task.state == .queued)
        #expect(task.attempt == 1)
        #expect(task.epoch > claimed.task.epoch)
        #expect(task.startedAt == claimed.task.startedAt)
        #expect(ids.map { second.queue.position(of: $0) } == [0, 1])
        await again.close()
    }

    @LoopActor @Test func `a stale worker changes nothing`() async throws {
        let folder = try TemporaryFolder()
        let (book, database) = try await book(folder)
        let entry = try await book.accept(Samples.task())
        _ = book.claim { _ in true }
        let stale = entry.task
        book.putBack(entry)
        book.queueAgain(entry)
        _ = book.claim { _ in true }
        let changed = try await database.write { database in
            var end = stale
            end.state = .done
            return try TaskRow.update(end, database)
        }
        #expect(!changed)
        #expect(try await database.read { try TaskRow.find(stale.id, $0) }?.state == .running)
        await database.close()
    }

    @LoopActor @Test func `a task that is being cancelled is not claimed, and has one end`() async throws {
        let folder = try TemporaryFolder()
        let (book, database) = try await book(folder)
        let entry = try await book.accept(Samples.task())
        async let cancelled = book.end(entry, as: .cancelled)
        async let failed = book.end(entry, as: .failed)
        try await until { book.queue.count == 0 }
        #expect(book.claim { _ in true } == nil)
        let ends = try await [cancelled, failed]
        #expect(ends.filter { $0 }.count == 1)
        let id = entry.task.id
        let row = try #require(try await database.read { try TaskRow.find(id, $0) })
        #expect(row.state == entry.task.state)
        #expect(row.epoch == 0)
        #expect(try await !book.end(entry, as: .done))
        await database.close()
    }

    @LoopActor @Test func `a claim that never reached the disk does not keep the task from its end`() async throws {
        let folder = try TemporaryFolder()
        let (book, database) = try await book(folder)
        let entry = try await book.accept(Samples.task())
        let accepted = entry.task
        _ = book.claim { _ in true }
        // As if that write and the one that gave it back had been lost.
        try await database.write { database in
            try database.execute(
                sql: "UPDATE tasks SET state = 'running', epoch = 1 WHERE id = ?", arguments: [accepted.id])
        }
        entry.task.state = .running
        entry.task.epoch = 4
        book.putBack(entry)
        book.queueAgain(entry)
        _ = book.claim { _ in true }
        #expect(try await book.end(entry, as: .done))
        #expect(try await database.read { try TaskRow.find(accepted.id, $0) }?.state == .done)
        await database.close()
    }

    @LoopActor @Test func `a claim that never reached the disk does not keep an errand from going on`() async throws {
        let folder = try TemporaryFolder()
        let (book, database) = try await book(folder)
        var task = Samples.task()
        task.errand = Errand(kind: .hdImage, parameters: [:], order: [.fal], deadline: .max)
        let entry = try await book.accept(task)
        let accepted = entry.task
        book.begin(entry)
        try await database.write { database in
            try database.execute(
                sql: "UPDATE tasks SET state = 'queued', epoch = 0 WHERE id = ?", arguments: [accepted.id])
        }
        try await book.save(entry) { $0.result.text = "done" }
        let row = try #require(try await database.read { try TaskRow.find(accepted.id, $0) })
        #expect(row.state == .running && row.epoch == 1)
        #expect(row.errand?.result.text == "done")
        #expect(try await book.end(entry, as: .done))
        #expect(try await database.read { try TaskRow.find(accepted.id, $0) }?.state == .done)
        await database.close()
    }

    @LoopActor @Test func `a task whose end cannot be written stays in the queue`() async throws {
        let folder = try TemporaryFolder()
        let (book, database) = try await book(folder)
        let entry = try await book.accept(Samples.task())
        let id = entry.task.id
        // As one that pauses before its next attempt.
        _ = book.take { _ in true }
        try await database.write { try $0.execute(sql: "UPDATE tasks SET epoch = 9 WHERE id = ?", arguments: [id]) }
        await #expect(throws: TaskBook.Stale.self) { try await book.end(entry, as: .cancelled) }
        #expect(book.queue.contains(id))
        await database.close()
    }

    @LoopActor @Test func `many accepts share few commits, and all are on the disk`() async throws {
        let folder = try TemporaryFolder()
        let (book, database) = try await book(folder)
        try await withThrowingTaskGroup { group in
            for _ in 0..<200 { group.addTask { _ = try await book.accept(Samples.task()) } }
            try await group.waitForAll()
        }
        #expect(database.commits < 100)
        #expect(book.queue.count == 200)
        await database.close()
        let numbers = try rows(in: folder).map(\.number)
        #expect(numbers == Array((1...200).reversed()))
    }

    @LoopActor @Test func `one write that fails takes no other with it`() async throws {
        let folder = try TemporaryFolder()
        let (book, database) = try await book(folder)
        let twice = Samples.task(7)
        try await database.write { try TaskRow.insert(twice, $0) }
        let other = Samples.task(8)
        let writes = [Samples.task(9), twice, other].map { task in
            Task(executorPreference: EventLoop.shared) { try await database.write { try TaskRow.insert(task, $0) } }
        }
        try await writes[0].value
        await #expect(throws: DatabaseError.self) { try await writes[1].value }
        try await writes[2].value
        #expect(try await database.read { try TaskRow.find(other.id, $0) } != nil)
        #expect(database.isHealthy)
        _ = book
        await database.close()
    }

    @LoopActor @Test func `a disk that fails is told, and one that works again too`() async throws {
        let folder = try TemporaryFolder()
        let (_, database) = try await book(folder)
        struct DiskFault: Error {}
        await #expect(throws: DiskFault.self) { try await database.write { _ in throw DiskFault() } }
        #expect(!database.isHealthy)
        let watching = Task(executorPreference: EventLoop.shared) { await database.run() }
        try await until { database.isHealthy }
        watching.cancel()
        await watching.value
        await database.close()
    }

    @LoopActor @Test func `a database that another has is a clear refusal`() async throws {
        let folder = try TemporaryFolder()
        let database = try TaskDatabase(path: folder.path + "/easel.db")
        let error = #expect(throws: CannotStart.self) { try TaskDatabase(path: folder.path + "/easel.db") }
        #expect("\(try #require(error))".contains("in use by another process"))
        await database.close()
        let next = try TaskDatabase(path: folder.path + "/easel.db")
        await next.close()
    }

    @LoopActor @Test func `the database is as durable as it is meant to be`() async throws {
        let folder = try TemporaryFolder()
        let (_, database) = try await book(folder)
        let pragmas = try await database.read { database in
            try ["journal_mode", "synchronous", "locking_mode"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)") ?? ""
            }
        }
        #expect(pragmas == ["wal", "2", "exclusive"])
        await database.close()
    }
}

import GRDB
import JSONText
import Logging
import Loop
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct WebhookStoreTests {
    init() { startLoop() }

    /// Runs `body` on a database of its own.
    @LoopActor
    private func withDatabase(_ body: @LoopActor (TaskDatabase) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let database = try TaskDatabase(path: folder.path + "/easel.db")
        try await body(database)
        await database.close()
    }

    @LoopActor
    private func makeNotice(
        _ database: TaskDatabase, _ id: String = "t", _ state: TaskState = .done, host: String = "a.example"
    ) -> WebhookNotice? {
        let task = Samples.told("https://\(host)/hook?key=1", [state], id: id, state: state)
        return WebhookNotice(task, in: Samples.book(database))
    }

    @LoopActor @Test func `a notice says what the task is, and nobody is told who did not ask`() async throws {
        try await withDatabase { database in
            let book = Samples.book(database)
            let notice = try #require(makeNotice(database, "t1", .failed))
            let payload = try JSON(parsing: Array(notice.body.utf8))
            #expect(payload["type"] == "task.failed")
            #expect(payload["timestamp"]?.string == TaskAnswer.time(notice.createdAt))
            #expect(payload["data"]?["task_id"] == "t1")
            #expect(payload["data"]?["status"] == "failed")
            #expect(payload["data"]?["image"] == nil)
            #expect(notice.host == "a.example:443")
            #expect(WebhookNotice(Samples.told("https://a.example/", [.done], state: .failed), in: book) == nil)
            #expect(WebhookNotice(Samples.task(), in: book) == nil)
        }
    }

    @LoopActor @Test func `each state of a task is told once`() async throws {
        try await withDatabase { database in
            let (first, second) = (makeNotice(database), makeNotice(database))
            try await database.write {
                try WebhookRow.insert(first, $0)
                try WebhookRow.insert(second, $0)
                try WebhookRow.insert(nil, $0)
            }
            #expect(try await database.read { try WebhookRow.all(of: "t", $0) }.map(\.id) == [first?.id])
        }
    }

    @LoopActor @Test func `what is due comes in order, and one that waits holds up its task alone`() async throws {
        try await withDatabase { database in
            let (running, done, other) = (
                makeNotice(database, "t", .running), makeNotice(database, "t", .done),
                makeNotice(database, "u", host: "b.example")
            )
            try await database.write {
                for one in [running, done, other] { try WebhookRow.insert(one, $0) }
            }
            let (a, b) = ("a.example:443", "b.example:443")
            func due(_ host: String, at now: Int64) async throws -> [String] {
                try await database.read { try WebhookRow.due(at: now, to: host, limit: 10, $0) }
                    .map { "\($0.taskID) \($0.event)" }
            }
            func hosts(at now: Int64) async throws -> [WebhookRow.Host] {
                try await database.read { try WebhookRow.hosts(at: now, after: "", limit: 10, $0) }
            }
            let (now, later) = (TaskBook.now(), Int64.max - 1)
            #expect(try await due(a, at: now) == ["t running"])
            #expect(try await due(b, at: now) == ["u done"])
            #expect(try await due(a, at: 0) == [])
            #expect(try await hosts(at: now).map(\.name) == [a, b])
            #expect(try await hosts(at: now).allSatisfy { $0.isDue && $0.next == nil })
            let parts = try await database.read {
                try [WebhookRow.hosts(at: 0, after: "", limit: 1, $0), WebhookRow.hosts(at: 0, after: a, limit: 9, $0)]
            }
            #expect(parts.map { $0.map(\.name) } == [[a], [b]])
            #expect(try await hosts(at: 0).allSatisfy { !$0.isDue && $0.next != nil })
            try await record(running?.id, .pending, next: later, in: database)
            #expect(try await due(a, at: later - 1) == [])
            #expect(try await due(b, at: later - 1) == ["u done"])
            #expect(try await hosts(at: now).first == .init(name: a, isDue: false, next: later))
            try await database.write { try WebhookRow.bringForward(from: later - 1, to: 5, $0) }
            #expect(try await due(a, at: 5) == ["t running"])
            try await record(running?.id, .delivered, next: nil, in: database)
            #expect(try await due(a, at: 5) == ["t done"])
            #expect(try await database.read { try WebhookRow.pendingCount($0) } == 2)
        }
    }

    @LoopActor
    private func record(
        _ id: String?, _ state: WebhookDelivery.State, next: Int64?, status: Int = 500, at: Int64 = 1000,
        in database: TaskDatabase
    ) async throws {
        let before = try await database.read { try WebhookRow.all(of: "t", $0) }.first { $0.id == id }
        let delivery = try #require(before)
        try await database.write {
            let attempt = WebhookDelivery.Try(at: at, status: status, milliseconds: 3)
            try WebhookRow.record(attempt, of: delivery, state: state, next: next, $0)
        }
    }

    @LoopActor @Test func `a try of a round that is over changes the log alone`() async throws {
        try await withDatabase { database in
            let notice = try #require(makeNotice(database))
            try await database.write { try WebhookRow.insert(notice, $0) }
            let old = try #require(try await database.read { try WebhookRow.all(of: "t", $0) }.first)
            let again = try await database.write { try WebhookRow.sendAgain(notice.id, of: "t", at: 7, $0) }
            #expect(again?.round == 2)
            #expect(again?.nextAt == 7)
            try await database.write {
                let attempt = WebhookDelivery.Try(at: 1, status: 410, milliseconds: 3)
                try WebhookRow.record(attempt, of: old, state: .failed, next: nil, $0)
            }
            #expect(try await database.read { try WebhookRow.all(of: "t", $0) } == [try #require(again)])
            #expect(try await database.read { try WebhookRow.tries(of: notice.id, $0) }.map(\.status) == [410])
            #expect(try await database.write { try WebhookRow.sendAgain(notice.id, of: "u", at: 7, $0) } == nil)
        }
    }

    @LoopActor @Test func `the log of a delivery has an end`() async throws {
        try await withDatabase { database in
            let notice = try #require(makeNotice(database))
            try await database.write { try WebhookRow.insert(notice, $0) }
            for number in 1...(WebhookRow.keptTries + 3) {
                try await record(notice.id, .pending, next: 1, status: 200 + number, in: database)
            }
            let tries = try await database.read { try WebhookRow.tries(of: notice.id, $0) }
            #expect(tries.count == WebhookRow.keptTries)
            #expect(tries.first?.status == 204)
            #expect(tries.last?.status == 203 + WebhookRow.keptTries)
        }
    }

    @LoopActor @Test func `what ended long ago is cleared in small steps, what waits is kept`() async throws {
        try await withDatabase { database in
            let states = TaskState.allCases
            let notices = states.map { makeNotice(database, "t", $0) }
            try await database.write { for one in notices { try WebhookRow.insert(one, $0) } }
            for one in notices.prefix(3) { try await record(one?.id, .delivered, next: nil, in: database) }
            try await record(notices[3]?.id, .failed, next: nil, at: 5000, in: database)
            func clear() async throws -> Int {
                try await database.write { try WebhookRow.clear(before: 2000, limit: 2, $0) }
            }
            #expect(try await [clear(), clear(), clear()] == [2, 1, 0])
            let left = try await database.read { try WebhookRow.all(of: "t", $0) }
            #expect(left.map(\.event) == states[3...].map(\.rawValue))
            let logged = try await database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM webhook_tries") }
            #expect(logged == 1)
            try await database.write { try WebhookRow.clear(ofTask: "t", $0) }
            #expect(try await database.read { try WebhookRow.all(of: "t", $0) }.map(\.state) == [.pending])
        }
    }
}

extension Samples {
    @LoopActor
    static func book(_ database: TaskDatabase) -> TaskBook {
        TaskBook(database: database, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A task whose states are told.
    static func told(
        _ url: String, _ events: Set<TaskState>, id: String? = nil, state: TaskState = .done
    ) -> GenerationTask {
        var task = Samples.task()
        task.id = id ?? task.id
        task.state = state
        task.options.webhook = TaskWebhook(url: url, events: events)
        return task
    }
}

import HTTP
import HTTPTypes
import JSONText
import Logging
import Loop
import Outbound
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct WebhookSenderTests {
    init() { startLoop() }

    /// A sender at work on a database of its own.
    @LoopActor
    final class Sending {
        let receiver: Receiver
        let database: TaskDatabase
        private(set) var sender: WebhookSender
        private var running: Task<Void, Never>?
        private let make: @LoopActor () -> WebhookSender

        init(
            _ folder: TemporaryFolder, rules: OutsideURLRules, schedule: WebhookSchedule, limit: Duration
        ) throws {
            receiver = try Receiver()
            let database = try TaskDatabase(path: folder.path + "/easel.db")
            self.database = database
            make = {
                WebhookSender(
                    database: database, secret: WebhookSecret(Receiver.secret), rules: rules, schedule: schedule,
                    limit: limit, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            }
            sender = make()
        }

        func start() {
            sender = make()
            running = Task(executorPreference: EventLoop.shared) { [sender] in await sender.run() }
        }

        func stop() async {
            running?.cancel()
            await running?.value
        }

        func add(_ task: GenerationTask) async throws {
            let notice = try #require(WebhookNotice(task, in: Samples.book(database)))
            try await database.write { try WebhookRow.insert(notice, $0) }
            sender.wake()
        }

        func delivery(_ task: GenerationTask) async throws -> WebhookDelivery? {
            try await database.read { try WebhookRow.all(of: task.id, $0) }.first
        }

        func end(of task: GenerationTask) async throws -> (WebhookDelivery, [WebhookDelivery.Try]) {
            try await until { try await self.delivery(task)?.state != .pending }
            let delivery = try #require(try await delivery(task))
            return (delivery, try await database.read { try WebhookRow.tries(of: delivery.id, $0) })
        }
    }

    static let quick = WebhookSchedule(tries: 3, firstPause: .milliseconds(2), factor: 1)

    @LoopActor
    private func withSender(
        rules: OutsideURLRules = OutsideURLRules(allowPrivate: true), schedule: WebhookSchedule = Self.quick,
        limit: Duration = .seconds(300), _ body: @LoopActor (Sending, Receiver) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let sending = try Sending(folder, rules: rules, schedule: schedule, limit: limit)
        sending.start()
        var failure: (any Error)?
        do { try await body(sending, sending.receiver) } catch { failure = error }
        await sending.stop()
        await sending.receiver.stop()
        await sending.database.close()
        if let failure { throw failure }
    }

    @LoopActor @Test func `a webhook arrives once, signed`() async throws {
        try await withSender { sending, receiver in
            let task = Samples.told(receiver.url("/hook?key=1"), [.done])
            try await sending.add(task)
            let (delivery, tries) = try await sending.end(of: task)
            #expect(delivery.state == .delivered)
            #expect(delivery.tries == 1)
            #expect(delivery.lastStatus == 204)
            #expect(tries.map(\.status) == [204])
            let call = try #require(receiver.calls.first)
            #expect(receiver.calls.count == 1)
            #expect(call.id == delivery.id)
            #expect(call.isSigned(with: Receiver.key))
            #expect(abs(call.timestamp - TaskBook.now() / 1000) < 300)
            #expect(call.body == delivery.body)
        }
    }

    @LoopActor @Test func `what fails is sent again with the same id`() async throws {
        try await withSender { sending, receiver in
            receiver.answers = [Response(status: .internalServerError), Response(status: .init(code: 302))]
            let task = Samples.told(receiver.url(), [.done])
            try await sending.add(task)
            let (delivery, tries) = try await sending.end(of: task)
            #expect(delivery.state == .delivered)
            #expect(tries.map(\.status) == [500, 302, 204])
            #expect(receiver.calls.map(\.id) == Array(repeating: delivery.id, count: 3))
        }
    }

    @LoopActor @Test func `after the last try it is given up`() async throws {
        try await withSender { sending, receiver in
            receiver.answers = (0..<9).map { _ in Response(status: .badGateway) }
            let task = Samples.told(receiver.url(), [.done])
            try await sending.add(task)
            let (delivery, tries) = try await sending.end(of: task)
            #expect(delivery.state == .failed)
            #expect(delivery.lastStatus == 502)
            #expect(tries.count == 3)
        }
    }

    @LoopActor @Test func `a redirect is not followed`() async throws {
        try await withSender { sending, receiver in
            receiver.answers = (0..<9).map { _ in
                Response(status: .temporaryRedirect, headers: [.location: "/elsewhere"])
            }
            let task = Samples.told(receiver.url(), [.done])
            try await sending.add(task)
            #expect(try await sending.end(of: task).1.map(\.status) == [307, 307, 307])
            #expect(Set(receiver.calls.map(\.path)) == ["/hook"])
        }
    }

    @LoopActor @Test func `a receiver that is gone for good is not asked again`() async throws {
        try await withSender { sending, receiver in
            receiver.answers = [Response(status: .gone)]
            let task = Samples.told(receiver.url(), [.done])
            try await sending.add(task)
            #expect(try await sending.end(of: task).1.map(\.status) == [410])
        }
    }

    @LoopActor @Test func `a name that leads to this machine is asked for as little as one that does not exist`()
        async throws
    {
        let schedule = WebhookSchedule(tries: 2, firstPause: .milliseconds(1))
        try await withSender(rules: OutsideURLRules(), schedule: schedule) { sending, receiver in
            var errors: [String?] = []
            for host in ["localhost", Samples.nowhere] {
                let task = Samples.told("https://\(host):\(receiver.port)/hook?key=s3cret", [.done])
                try await sending.add(task)
                let (delivery, tries) = try await sending.end(of: task)
                #expect(delivery.state == .failed)
                #expect(tries.count == 2)
                #expect(delivery.lastError?.contains("s3cret") == false)
                errors.append(delivery.lastError?.replacing(host, with: "HOST"))
            }
            #expect(Set(errors).count == 1 && errors[0]?.contains("HOST") == true, "\(errors)")
            #expect(receiver.calls.isEmpty)
        }
    }

    @LoopActor @Test func `a receiver that does not answer has its time`() async throws {
        try await withSender(schedule: WebhookSchedule(tries: 1), limit: .milliseconds(30)) { sending, receiver in
            receiver.gate = LoopEvent()
            let task = Samples.told(receiver.url(), [.done])
            try await sending.add(task)
            let (delivery, _) = try await sending.end(of: task)
            #expect(delivery.state == .failed)
            #expect(delivery.lastStatus == nil)
            #expect(delivery.lastError?.contains("0.03 s") == true)
        }
    }

    @LoopActor @Test func `a slow receiver holds up only its own`() async throws {
        let other = try Receiver()
        try await withSender { sending, slow in
            let gate = LoopEvent()
            slow.gate = gate
            let held = (0..<20).map { _ in Samples.told(slow.url(), [.done]) }
            for task in held { try await sending.add(task) }
            try await until { slow.open == 2 }
            let task = Samples.told(other.url(), [.done])
            try await sending.add(task)
            #expect(try await sending.end(of: task).0.state == .delivered)
            #expect(slow.calls.count == 2)
            gate.signal()
            for task in held { #expect(try await sending.end(of: task).0.state == .delivered) }
            #expect(slow.mostOpen == 2)
            #expect(slow.calls.count == 20)
        }
        await other.stop()
    }

    @LoopActor @Test func `the events of a task arrive in order`() async throws {
        try await withSender { sending, receiver in
            receiver.answers = [Response(status: .internalServerError)]
            var task = Samples.told(receiver.url(), [.queued, .running, .done], state: .queued)
            try await sending.add(task)
            for state in [TaskState.running, .done] {
                task.state = state
                try await sending.add(task)
            }
            try await until { receiver.calls.count == 4 }
            #expect(receiver.calls.map(\.type) == ["task.queued", "task.queued", "task.running", "task.done"])
        }
    }

    @LoopActor @Test func `what was on its way at the end is sent by the next process`() async throws {
        try await withSender { sending, receiver in
            let gate = LoopEvent()
            receiver.gate = gate
            let task = Samples.told(receiver.url(), [.done])
            try await sending.add(task)
            try await until { receiver.open == 1 }
            await sending.stop()
            #expect(try await sending.delivery(task)?.state == .pending)
            #expect(try await sending.delivery(task)?.tries == 0)
            gate.signal()
            sending.start()
            let (delivery, tries) = try await sending.end(of: task)
            #expect(delivery.state == .delivered)
            #expect(tries.count == 1)
            #expect(receiver.calls.map(\.id) == [delivery.id, delivery.id])
        }
    }
}

import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct WebhookRouteTests {
    init() { startLoop() }

    static let settings = ["WEBHOOK_SECRET": Receiver.secret, "ALLOW_PRIVATE_WEBHOOK_URLS": "1"]

    private func body(_ url: String, _ events: JSON = .null) -> JSON {
        ["mode": "paint", "prompt": "a cat", "webhook": .string(url), "webhook_events": events]
    }

    @LoopActor
    private func ended(_ id: String, _ count: Int, _ backend: RunningBackend) async throws -> [JSON] {
        var list: [JSON] = []
        try await until {
            list = try await backend.call(.get, "/tasks/\(id)/webhooks").json["webhooks"]?.array ?? []
            return list.count == count && list.allSatisfy { $0["state"] != "pending" }
        }
        return list
    }

    @LoopActor @Test func `a task's life is told, and the log shows it`() async throws {
        let receiver = try Receiver()
        try await withBackend(settings: Self.settings) { backend, _, _ in
            let id = try await backend.submit(body(receiver.url("/hook?key=s3cret"), ["queued", "running", "done"]))
            let task = try await backend.end(of: id)
            let list = try await ended(id, 3, backend)
            #expect(receiver.calls.map(\.type) == ["task.queued", "task.running", "task.done"])
            #expect(receiver.calls.allSatisfy { $0.isSigned(with: Receiver.key) })
            // The task as it is asked for, but for the picture.
            var members = try #require(task.object)
            members["image"] = nil
            let told = try #require(receiver.calls.last)
            #expect(told.json["data"] == .object(members))
            let last = try #require(list.last)
            #expect(last["id"]?.string == told.id)
            #expect(last["event"] == "done")
            #expect(last["url"]?.string == receiver.url("/hook?key=***"))
            #expect(last["state"] == "delivered")
            #expect(last["tries"] == 1)
            #expect(last["next_at"] == .null)
            #expect(last["last_status"] == 204)
            #expect(last["last_error"] == .null)
            #expect(last["attempts"]?.array?.count == 1)
            #expect(last["attempts"]?[0]?["status"] == 204)
        }
        await receiver.stop()
    }

    @LoopActor @Test func `a cancelled task is told, its running is not`() async throws {
        let receiver = try Receiver()
        try await withBackend(settings: Self.settings) { backend, pod, _ in
            pod.steps = [.held(LoopEvent())]
            let id = try await backend.submit(body(receiver.url()))
            try await until { pod.posts.count == 1 }
            #expect(try await backend.call(.delete, "/tasks/\(id)").status == 200)
            _ = try await ended(id, 1, backend)
            #expect(receiver.calls.map(\.type) == ["task.cancelled"])
        }
        await receiver.stop()
    }

    @LoopActor @Test func `a webhook that was given up is sent again by hand`() async throws {
        let receiver = try Receiver()
        receiver.answers = [Response(status: .gone)]
        try await withBackend(settings: Self.settings) { backend, _, _ in
            let id = try await backend.submit(body(receiver.url()))
            let failed = try #require(try await ended(id, 1, backend).first)
            #expect(failed["state"] == "failed")
            #expect(failed["last_status"] == 410)
            let path = "/tasks/\(id)/webhooks/\(failed["id"]?.string ?? "")/resend"
            let answer = try await backend.call(.post, path)
            #expect(answer.status == 202)
            #expect(answer.json["state"] == "pending")
            #expect(answer.json["id"] == failed["id"])
            let delivered = try #require(try await ended(id, 1, backend).first)
            #expect(delivered["state"] == "delivered")
            #expect(delivered["attempts"]?.array?.map { $0["status"] } == [410, 204])
            #expect(Set(receiver.calls.map(\.id)).count == 1)
            #expect(receiver.calls.map(\.body).first == receiver.calls.map(\.body).last)
        }
        await receiver.stop()
    }

    @LoopActor @Test func `what is not there is not found`() async throws {
        try await withBackend(settings: Self.settings) { backend, _, _ in
            let id = try await backend.submit()
            #expect(try await backend.call(.get, "/tasks/\(id)/webhooks").json == ["webhooks": []])
            let missing = ["/tasks/\(UUID4.make())/webhooks", "/tasks/1/webhooks"]
            for path in missing { #expect(try await backend.call(.get, path).status == 404) }
            #expect(try await backend.call(.post, "/tasks/\(id)/webhooks/msg_1/resend").status == 404)
        }
    }

    @LoopActor @Test func `faults of the webhook are told with all others`() async throws {
        try await withBackend(settings: ["WEBHOOK_SECRET": Receiver.secret]) { backend, _, _ in
            let answer = try await backend.generate(
                ["mode": "nothing", "webhook": "http://127.0.0.1/", "webhook_events": ["end"]])
            #expect(answer.status == 422)
            #expect(
                Set(answer.places) == [
                    #"["body","mode"]"#, #"["body","webhook"]"#, #"["body","webhook_events",0]"#,
                ])
        }
    }

    @LoopActor @Test func `without a secret no webhook is taken or sent`() async throws {
        try await withBackend { backend, _, _ in
            let answer = try await backend.generate(body("https://a.example/"))
            #expect(answer.status == 422)
            #expect(answer.places == [#"["body","webhook"]"#])
            let id = try await backend.submit()
            #expect(try await backend.call(.post, "/tasks/\(id)/webhooks/msg_1/resend").status == 409)
        }
    }

    @LoopActor @Test func `what could not be told is told after a restart`() async throws {
        let receiver = try Receiver()
        receiver.gate = LoopEvent()
        try await withBackend(settings: Self.settings) { backend, pod, folder in
            let id = try await backend.submit(body(receiver.url()))
            _ = try await backend.end(of: id)
            try await until { receiver.open == 1 }
            await backend.stop(grace: .zero)
            receiver.gate?.signal()
            let next = try await RunningBackend(folder: folder.path, pods: [pod.url], settings: Self.settings)
            #expect(try await ended(id, 1, next).first?["state"] == "delivered")
            #expect(Set(receiver.calls.map(\.id)).count == 1)
            #expect(receiver.calls.count == 2)
            await next.stop(grace: .zero)
        }
        await receiver.stop()
    }
}

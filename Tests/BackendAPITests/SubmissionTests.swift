import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct SubmissionTests {
    init() { startLoop() }

    private static let body: JSON = ["mode": "paint", "prompt": "a cat"]

    @LoopActor
    private func generate(_ backend: RunningBackend, _ key: String, _ body: JSON = body) async throws
        -> RunningBackend.Answer
    {
        try await backend.generate(body, headers: [.idempotencyKey: key])
    }

    @LoopActor @Test func `the same key and body is the same task as it stands now`() async throws {
        try await withBackend { backend, pod, _ in
            let first = try await generate(backend, "order-1")
            #expect(first.headers[.idempotentReplayed] == nil)
            let id = try #require(first.json["task_id"]?.string)
            _ = try await backend.end(of: id)
            let second = try await generate(backend, "order-1")
            #expect(second.status == 200)
            #expect(second.headers[.idempotentReplayed] == "true")
            #expect(second.json["task_id"]?.string == id)
            #expect(second.json["status"] == "done")
            #expect(second.json["image"]?.string != nil)
            #expect(pod.posts.count == 1)
        }
    }

    @LoopActor @Test func `the same key with another body is 409, and makes nothing`() async throws {
        try await withBackend { backend, _, _ in
            _ = try await generate(backend, "order-1")
            let other = try await generate(backend, "order-1", ["mode": "paint", "prompt": "a dog"])
            #expect(other.status == 409)
            #expect(other.headers[.contentType] == "application/problem+json")
            #expect(try await backend.call(.get, "/tasks").json["tasks"]?.array?.count == 1)
        }
    }

    @LoopActor @Test func `many at the same instant make one task`() async throws {
        try await withBackend { backend, _, _ in
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await generate(backend, "order-1").json["task_id"]?.string ?? "none" }
                }
                var ids: Set<String> = []
                while let id = try await group.next() { ids.insert(id) }
                return ids
            }
            #expect(ids.count == 1 && !ids.contains("none"))
            #expect(try await backend.call(.get, "/tasks").json["tasks"]?.array?.count == 1)
        }
    }

    @LoopActor @Test func `a refused request leaves its key free`() async throws {
        try await withBackend { backend, _, _ in
            let refused = try await generate(backend, "order-1", ["mode": "paint"])
            let accepted = try await generate(backend, "order-1")
            #expect([refused.status, accepted.status] == [422, 200])
        }
    }

    @LoopActor @Test func `a key is known after a restart`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        let first = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await first.untilHealthy()
        let id = try await generate(first, "order-1").json["task_id"]?.string
        await first.stop(grace: .zero)
        let second = try await RunningBackend(folder: folder.path, pods: [pod.url])
        let answer = try await generate(second, "order-1")
        #expect(answer.json["task_id"]?.string == id)
        #expect(answer.headers[.idempotentReplayed] == "true")
        await second.stop(grace: .zero)
        await pod.kill()
    }

    @LoopActor @Test(arguments: ["", String(repeating: "k", count: 256), "a b"])
    func `what is no key is a fault of the header`(key: String) async throws {
        try await withBackend { backend, _, _ in
            let answer = try await generate(backend, key)
            #expect(answer.status == 422)
            #expect(answer.places == [#"["header","idempotency-key"]"#])
        }
    }

    @LoopActor @Test func `a full queue says when to come again`() async throws {
        try await withBackend(settings: ["MAX_QUEUED_TASKS": "2"]) { backend, pod, _ in
            pod.comfyIsThere = false
            var refused: RunningBackend.Answer?
            try await until {
                let answer = try await backend.generate(["mode": "paint", "prompt": "p"])
                if answer.status == 429 { refused = answer }
                return refused != nil
            }
            let seconds = try #require(refused?.headers[.retryAfter].flatMap { Int($0) })
            #expect((1...3600).contains(seconds))
            #expect(try await backend.call(.get, "/tasks?status=queued").json["tasks"]?.array?.count == 2)
        }
    }
}

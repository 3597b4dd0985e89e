import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct RestartTests {
    init() { startLoop() }

    @LoopActor @Test func `a stop hands back what runs, and the next process finds it by the same attempt`()
        async throws
    {
        startLoop()
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        pod.steps = [.held(LoopEvent())]
        let first = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await first.untilHealthy()
        let id = try await first.submit()
        try await until { try await first.task(id)["progress"] == 0.5 }
        await first.stop()
        #expect(try rows(in: folder).map(\.state) == [.running])
        #expect(pod.cancelled.isEmpty)

        let second = try await RunningBackend(folder: folder.path, pods: [pod.url])
        let task = try await second.end(of: id)
        #expect(task["status"] == "done")
        #expect(task["attempts"] == 1)
        #expect(pod.posts.map(\.attempt) == [1, 1])
        #expect(Set(pod.posts.map(\.taskID)) == [id])
        await second.stop(grace: .zero)
        await pod.kill()
    }

    @LoopActor @Test func `a stop answers who waits with the task as it stands`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        pod.steps = [.held(LoopEvent())]
        let backend = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await backend.untilHealthy()
        let id = try await backend.submit()
        try await until { try await backend.task(id)["progress"] == 0.5 }
        async let poll = backend.call(.get, "/tasks/\(id)?wait=80")
        async let post = backend.generate(["mode": "paint", "prompt": "later"], headers: [.prefer: "wait=80"])
        let events = try await backend.send(.get, "/tasks/\(id)/events")
        let second = "\(try #require(try await second(backend, besides: id)))"
        async let stopped: Void = backend.stop(grace: .seconds(60), closingClient: false)
        #expect(try await poll.json["status"] == "running")
        #expect(["queued", "running", "done"].contains(try await post.json["status"]?.string ?? ""))
        _ = try await events.collect()
        await stopped
        backend.client.close()
        #expect(Set(try rows(in: folder).map(\.id)) == [id, second])
        await pod.kill()
    }

    /// The other task's id, once it is accepted.
    @LoopActor
    private func second(_ backend: RunningBackend, besides id: String) async throws -> String? {
        var found: String?
        try await until {
            found = try await backend.call(.get, "/tasks").json["tasks"]?.array?.compactMap { $0["task_id"]?.string }
                .first { $0 != id }
            return found != nil
        }
        return found
    }

    @LoopActor @Test func `an ended task and its picture are there after a restart`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        let first = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await first.untilHealthy()
        let id = try await first.submit()
        let before = try await first.end(of: id)
        await first.stop()
        await pod.kill()
        let second = try await RunningBackend(folder: folder.path, pods: [pod.url])
        let after = try await second.task(id)
        #expect(after == before)
        #expect(after["image"]?.string != nil)
        #expect(try await second.call(.get, try #require(after["images"]?[0]?.string)).status == 200)
        await second.stop()
    }

    @LoopActor @Test func `without a GPU service tasks are checked by the kept catalogue, accepted, and run later`()
        async throws
    {
        startLoop()
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        let port = pod.port
        let first = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await first.untilHealthy()
        await first.stop()
        await pod.kill()

        let second = try await RunningBackend(folder: folder.path, pods: [pod.url])
        #expect(try await second.call(.get, "/health").json["status"] == "degraded")
        #expect(try await second.generate(["mode": "paint"]).status == 422)
        let id = try await second.submit()
        let back = try ScriptedGPUService(port: port)
        #expect(try await second.end(of: id)["status"] == "done")
        try await second.untilHealthy()
        await second.stop()
        await back.kill()
    }

    @LoopActor @Test func `a backend that has never seen a catalogue answers 503, after faults`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        let port = listener.port
        listener.close()
        let backend = try await RunningBackend(folder: folder.path, pods: ["http://127.0.0.1:\(port)"])
        #expect(
            try await backend.call(.get, "/health").json == [
                "status": "degraded", "gpu_available": false, "version": "1.0.0", "provider": "comfyui",
            ])
        let answer = try await backend.generate(["mode": "paint", "prompt": "p"])
        #expect(answer.status == 503)
        #expect(answer.headers[.retryAfter] != nil)
        #expect(try await backend.generate(["mode": "paint", "quality": 0]).status == 422)
        #expect(try await backend.call(.get, "/workflows").json == ["workflows": []])
        await backend.stop()
    }

    @LoopActor @Test func `the GPU service dies and comes back, and the task ends once`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        pod.steps = [.held(LoopEvent())]
        let port = pod.port
        let backend = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await backend.untilHealthy()
        let id = try await backend.submit()
        try await until { try await backend.task(id)["progress"] == 0.5 }
        await pod.kill()
        try await until { try await backend.call(.get, "/health").json["gpu_available"] == false }
        let back = try ScriptedGPUService(port: port)
        let task = try await backend.end(of: id)
        #expect(task["status"] == "done")
        #expect(task["attempts"] == 1)
        #expect(back.posts.map(\.attempt) == [1])
        await backend.stop()
        await back.kill()
    }
}

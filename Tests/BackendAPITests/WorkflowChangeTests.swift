import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@testable import BackendAPI

/// What becomes of tasks whose workflow changes while they wait or run.
@Suite struct WorkflowChangeTests {
    init() { startLoop() }

    @LoopActor @Test func `a queued task whose version is gone runs on the current one`() async throws {
        try await withBackend { backend, pod, _ in
            let id = try await queueWhileComfyUIIsAway(backend, pod)
            pod.catalogue = Samples.catalogue(paint: "v2")
            try await untilItKnows("v2", backend)
            pod.comfyIsThere = true
            let task = try await backend.end(of: id)
            #expect(task["status"] == "done")
            #expect(task["version"] == "v2")
            #expect(pod.posts.last?.version == "v2")
        }
    }

    @LoopActor @Test func `one that no longer fits fails, and says which parameter`() async throws {
        try await withBackend { backend, pod, _ in
            let id = try await queueWhileComfyUIIsAway(backend, pod)
            pod.catalogue = Samples.catalogue(paint: "v2", steps: 5)
            try await untilItKnows("v2", backend)
            pod.comfyIsThere = true
            let task = try await backend.end(of: id)
            #expect(task["status"] == "failed")
            #expect(task["error"]?.string?.contains("steps") == true)
        }
    }

    @LoopActor @Test func `another version over there is read at once, and the task goes on`() async throws {
        try await withBackend { backend, pod, _ in
            pod.catalogue = Samples.catalogue(paint: "v2")
            pod.steps = [.refused(.conflict, ["version": "v2"])]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(task["version"] == "v2")
            #expect(task["attempts"] == 1)
        }
    }

    /// A task that waits, with ComfyUI known to be away.
    @LoopActor
    private func queueWhileComfyUIIsAway(_ backend: RunningBackend, _ pod: ScriptedGPUService) async throws -> String {
        pod.comfyIsThere = false
        var id = ""
        try await until {
            id = try await backend.submit()
            try await until { try await backend.task(id)["status"] != "running" }
            return try await backend.task(id)["status"] == "queued"
        }
        return id
    }

    /// What the pod has is read each second.
    @LoopActor private func untilItKnows(_ version: String, _ backend: RunningBackend) async throws {
        try await until {
            let workflows = try await backend.call(.get, "/workflows").json["workflows"]?.array ?? []
            return workflows.contains { $0["name"] == "paint" && $0["version"]?.string == version }
        }
    }

    @LoopActor @Test func `a workflow that is broken or gone for a moment fails no task`() async throws {
        try await withBackend { backend, pod, _ in
            let id = try await queueWhileComfyUIIsAway(backend, pod)
            let good = pod.catalogue
            let broken = Samples.workflow("paint", "v2", ["type": "object"], reasons: ["It is no JSON."])
            pod.catalogue = Self.catalogue(good, paint: broken)
            try await untilItKnows("v2", backend)
            pod.comfyIsThere = true
            // Another one runs meanwhile.
            let other = try await backend.submit(["mode": "free", "prompt": "a dog"])
            #expect(try await backend.end(of: other)["status"] == "done")
            #expect(try await backend.task(id)["status"] == "queued")
            pod.catalogue = Self.catalogue(good, paint: nil)
            try await until { try await backend.generate(["mode": "paint", "prompt": "a"]).status == 422 }
            let another = try await backend.submit(["mode": "free", "prompt": "a bird"])
            #expect(try await backend.end(of: another)["status"] == "done")
            #expect(try await backend.task(id)["status"] == "queued")
            pod.catalogue = good
            #expect(try await backend.end(of: id)["status"] == "done")
        }
    }

    /// A catalogue with another workflow in the place of `paint`, or none.
    private static func catalogue(_ catalogue: JSON, paint: JSON?) -> JSON {
        let others = (catalogue["workflows"]?.array ?? []).filter { $0["name"] != "paint" }
        return ["workflows": .array(others + (paint.map { [$0] } ?? [])), "styles": [], "capacity": 3]
    }

    @LoopActor @Test func `what ComfyUI has already needs its workflow no more`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        pod.steps = [.held(LoopEvent())]
        let first = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await first.untilHealthy()
        let id = try await first.submit()
        try await until { pod.posts.count == 1 }
        await first.stop(grace: .zero)
        pod.catalogue = Samples.catalogue(paint: "v2", steps: 5)
        let second = try await RunningBackend(folder: folder.path, pods: [pod.url])
        let task = try await second.end(of: id)
        #expect(task["status"] == "done", "\(task)")
        #expect(task["version"] == "v1")
        await second.stop(grace: .zero)
        await pod.kill()
    }
}

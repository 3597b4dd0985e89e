import Crypto
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing
import Wire

@testable import BackendAPI

@Suite struct DispatchTests {
    init() { startLoop() }

    @LoopActor @Test func `a broken stream asks for the same attempt again`() async throws {
        try await withBackend { backend, pod, _ in
            pod.steps = [.broken, .broken]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(task["attempts"] == 1)
            #expect(pod.posts.map(\.attempt) == [1, 1, 1])
            #expect(pod.posts[2].secondsLeft < 180)
        }
    }

    @LoopActor @Test func `a GPU service that cannot take it now is asked again, and no attempt is used`() async throws
    {
        try await withBackend { backend, pod, _ in
            pod.steps = [
                .refused(.serviceUnavailable, [:]), .failure(GenerationFailure(.unavailable, "ComfyUI is away.")),
            ]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(pod.posts.map(\.attempt) == [1, 1, 1])
        }
    }

    @LoopActor @Test func `a known end raises the attempt`() async throws {
        try await withBackend { backend, pod, _ in
            pod.steps = [
                .failure(GenerationFailure(.lost, "ComfyUI lost it.")),
                .failure(GenerationFailure(.transient, "Out of memory.")),
            ]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(task["attempts"] == 3)
            #expect(pod.posts.map(\.attempt) == [1, 2, 3])
            #expect(Set(pod.posts.map(\.taskID)).count == 1)
        }
    }

    @LoopActor @Test(arguments: [GenerationFailure.Kind.input, .failed, .deadline])
    func `what will not pass fails at once, with its message`(_ kind: GenerationFailure.Kind) async throws {
        try await withBackend { backend, pod, _ in
            pod.steps = [.failure(GenerationFailure(kind, "That went wrong.", detail: "/root/ComfyUI/x.py"))]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "failed")
            #expect(task["error"] == "That went wrong.")
            #expect(task["image"] == .null)
            #expect(!task.text.contains("/root"))
            #expect(pod.posts.count == 1)
        }
    }

    @LoopActor @Test func `a refusal names the parameter`() async throws {
        try await withBackend { backend, pod, _ in
            let fault: JSON = ["type": "x", "loc": ["body", "params", "steps"], "msg": "too many", "input": 1]
            pod.steps = [.refused(.unprocessableContent, ["detail": [fault]])]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["error"]?.string?.contains("steps") == true)
        }
    }

    @LoopActor @Test func `a result that is gone, or is no picture, is made anew`() async throws {
        try await withBackend { backend, pod, _ in
            pod.resultStatuses = [.gone]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(pod.posts.map(\.attempt) == [1, 2])
            pod.results = [(Array("<html>".utf8), "image/png")]
            let id = try await backend.submit()
            try await until { pod.posts.filter { $0.taskID == id }.count == 2 }
            pod.results = [(try Samples.png(), "image/png")]
            #expect(try await backend.end(of: id)["status"] == "done")
        }
    }

    @LoopActor @Test func `a result that cannot be had now is fetched again by the same attempt`() async throws {
        try await withBackend { backend, pod, _ in
            pod.resultStatuses = [.notFound, .badGateway]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(pod.posts.map(\.attempt) == [1, 1, 1])
        }
    }

    @LoopActor @Test func `several results are all served`() async throws {
        try await withBackend { backend, pod, _ in
            pod.results = try (0..<3).map { (try Samples.png(seed: $0), "image/png") }
            let task = try await backend.end(of: try await backend.submit())
            let paths = task["images"]?.array?.compactMap(\.string) ?? []
            #expect(Set(paths).count == 3)
            for (path, result) in zip(paths, pod.results) {
                #expect(try await backend.call(.get, path).bytes == result.bytes)
            }
        }
    }

    // MARK: Versions

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

    // MARK: What cannot be sent or kept

    @LoopActor @Test func `a result that is too large for its format is one clear error, made once`() async throws {
        try await withBackend { backend, pod, _ in
            pod.results = [(try Samples.png(width: 16_384, height: 2), "image/png")]
            let id = try await backend.submit(["mode": "paint", "prompt": "wide", "output_format": "webp"])
            let task = try await backend.end(of: id)
            #expect(task["status"] == "failed")
            #expect(task["error"]?.string?.contains("format") == true, "\(task)")
            #expect(pod.posts.count == 1)
        }
    }

    @LoopActor @Test func `a picture that the GPU service cannot take is told, or sent again`() async throws {
        try await withBackend { backend, pod, _ in
            let body: JSON = ["mode": "invert", "target_image": .string(Base64.encode(try Samples.png()))]
            pod.inputStatuses = [.contentTooLarge]
            let failed = try await backend.end(of: try await backend.submit(body))
            #expect(failed["error"]?.string?.contains("larger") == true, "\(failed)")
            pod.inputStatuses = [.internalServerError, .serviceUnavailable]
            #expect(try await backend.end(of: try await backend.submit(body))["status"] == "done")
            #expect(try await backend.call(.get, "/health").json["status"] == "healthy")
        }
    }

    // MARK: Several pods

    @LoopActor @Test func `a task goes back to the pod that had it`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pods = [try ScriptedGPUService(), try ScriptedGPUService()]
        pods[0].comfyIsThere = false
        pods[1].steps = [.held(LoopEvent())]
        let first = try await RunningBackend(folder: folder.path, pods: pods.map(\.url))
        try await first.untilHealthy()
        let id = try await first.submit()
        try await until { pods[1].posts.count == 1 }
        await first.stop(grace: .zero)
        pods[0].comfyIsThere = true
        let second = try await RunningBackend(folder: folder.path, pods: pods.map(\.url))
        #expect(try await second.end(of: id)["status"] == "done")
        #expect(pods.map(\.posts.count) == [0, 2])
        await second.stop(grace: .zero)
        for pod in pods { await pod.kill() }
    }

    @LoopActor @Test func `a pod whose task went elsewhere is told to stop it`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pods = [try ScriptedGPUService(), try ScriptedGPUService()]
        pods[0].comfyIsThere = false
        pods[1].steps = [.held(LoopEvent())]
        let first = try await RunningBackend(folder: folder.path, pods: pods.map(\.url))
        try await first.untilHealthy()
        let id = try await first.submit()
        try await until { pods[1].posts.count == 1 }
        await first.stop(grace: .zero)
        (pods[0].comfyIsThere, pods[1].comfyIsThere) = (true, false)
        let second = try await RunningBackend(folder: folder.path, pods: pods.map(\.url))
        #expect(try await second.end(of: id)["status"] == "done")
        #expect(pods.map(\.posts.count) == [1, 1])
        try await until { pods[1].cancelled == [id] }
        await second.stop(grace: .zero)
        for pod in pods { await pod.kill() }
    }

    @LoopActor @Test func `work goes to the pod that has the least to do`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pods = [try ScriptedGPUService(), try ScriptedGPUService()]
        let release = LoopEvent()
        for pod in pods { pod.steps = Array(repeating: .held(release), count: 3) }
        let backend = try await RunningBackend(folder: folder.path, pods: pods.map(\.url))
        try await until { pods.allSatisfy { $0.catalogueReads > 0 } }
        try await backend.untilHealthy()
        // The first two probes may be a moment apart: both pods take part once each has said that it can.
        var ids: [String] = []
        for _ in 0..<6 { ids.append(try await backend.submit()) }
        try await until { pods.map(\.posts.count).reduce(0, +) == 6 }
        #expect(pods.map(\.posts.count) == [3, 3])
        release.signal()
        for id in ids { #expect(try await backend.end(of: id)["status"] == "done") }
        await backend.stop(grace: .zero)
        for pod in pods { await pod.kill() }
    }

    @LoopActor @Test func `a restarted backend does not forget what only an absent pod can run`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let here = try ScriptedGPUService()
        let away = try ScriptedGPUService()
        let other: JSON = [
            "workflows": [Samples.workflow("sing", "s1", ["type": "object", "properties": [:]])], "styles": [],
            "capacity": 1,
        ]
        away.catalogue = other
        away.comfyIsThere = false
        let first = try await RunningBackend(folder: folder.path, pods: [here.url, away.url])
        try await until {
            let names = try await first.call(.get, "/workflows").json["workflows"]?.array?.compactMap {
                $0["name"]?.string
            }
            return names?.contains("sing") == true && names?.contains("paint") == true
        }
        let id = try await first.submit(["mode": "sing"])
        await first.stop(grace: .zero)
        let port = away.port
        await away.kill()
        let second = try await RunningBackend(folder: folder.path, pods: [here.url, "http://127.0.0.1:\(port)"])
        #expect(try await second.end(of: try await second.submit())["status"] == "done")
        #expect(try await second.task(id)["status"] == "queued")
        let back = try ScriptedGPUService(port: port)
        back.catalogue = other
        #expect(try await second.end(of: id)["status"] == "done")
        #expect(here.posts.allSatisfy { $0.workflow == "paint" })
        await second.stop(grace: .zero)
        await here.kill()
        await back.kill()
    }
}

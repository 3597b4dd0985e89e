import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@testable import BackendAPI

/// Several GPU services behind one backend.
@Suite struct SeveralPodsTests {
    init() { startLoop() }

    @LoopActor @Test func `a task goes back to the pod that had it`() async throws {
        try await afterRestart(theSecondIsThere: true) { _, pods in
            #expect(pods.map(\.posts.count) == [0, 2])
        }
    }

    @LoopActor @Test func `a pod whose task went elsewhere is told to stop it`() async throws {
        try await afterRestart(theSecondIsThere: false) { id, pods in
            #expect(pods.map(\.posts.count) == [1, 1])
            try await until { pods[1].cancelled == [id] }
        }
    }

    /// Gives a task to the second of two pods, starts the backend again while that works, and looks at the pods once the
    /// task is done.
    @LoopActor private func afterRestart(
        theSecondIsThere: Bool, _ check: @LoopActor (String, [ScriptedGPUService]) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let pods = [try ScriptedGPUService(), try ScriptedGPUService()]
        pods[0].comfyIsThere = false
        pods[1].steps = [.held(LoopEvent())]
        let before = try await RunningBackend(folder: folder.path, pods: pods.map(\.url))
        try await before.untilHealthy()
        let id = try await before.submit()
        try await until { pods[1].posts.count == 1 }
        await before.stop(grace: .zero)
        (pods[0].comfyIsThere, pods[1].comfyIsThere) = (true, theSecondIsThere)
        let after = try await RunningBackend(folder: folder.path, pods: pods.map(\.url))
        #expect(try await after.end(of: id)["status"] == "done")
        try await check(id, pods)
        await after.stop(grace: .zero)
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

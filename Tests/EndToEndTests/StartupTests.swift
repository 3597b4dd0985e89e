import Foundation
import HTTPTypes
import Images
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

/// The contract of `startup.sh` and the PID files, with the real script and the real programs.
@Suite(.serialized) struct StartupTests {
    init() { startLoop() }

    @Test @LoopActor func `it starts everything, a second time starts nothing, and it stops everything`() async throws {
        let easel = try Installation()
        let started = try await easel.startup("--sandbox")
        #expect(started.status == 0, "\(started.output)")
        let first = ["gpu_server", "backend", "comfy_sandbox"].map { easel.pid($0) }
        #expect(!first.contains(nil))
        #expect(try await easel.startup("status").status == 0)

        #expect(try await easel.startup("--sandbox").status == 0)
        #expect(["gpu_server", "backend", "comfy_sandbox"].map { easel.pid($0) } == first)

        #expect(try await easel.startup("stop").status == 0)
        for pid in first.compactMap({ $0 }) { #expect(!Installation.isAlive(pid)) }
        for name in ["gpu_server", "backend", "comfy_sandbox"] { #expect(!easel.hasPIDFile(name)) }
        #expect(try await easel.startup("status").status == 3)
        await easel.remove()
    }

    @Test @LoopActor func `a release unpacked beside the one that runs knows it, and stops it`() async throws {
        let easel = try Installation()
        #expect(try await easel.startup("--sandbox").status == 0)
        let running = ["gpu_server", "backend", "comfy_sandbox"].map { easel.pid($0) }
        let folder = easel.workspace + "/easel-2"
        try FileManager.default.createDirectory(atPath: folder + "/bin", withIntermediateDirectories: true)
        for name in ["startup.sh", "scripts", "env.templates", "workflows"] {
            try FileManager.default.copyItem(atPath: "\(Installation.root)/\(name)", toPath: "\(folder)/\(name)")
        }
        for name in ["GPUService", "BackendAPI", "ComfySandbox"] {
            try FileManager.default.copyItem(
                atPath: Installation.root + "/.build/debug/" + name, toPath: "\(folder)/bin/\(name)")
        }
        let again = try await easel.startup("--sandbox", from: folder)
        #expect(again.status == 0 && again.output.contains("another build"), "\(again.output)")
        #expect(["gpu_server", "backend", "comfy_sandbox"].map { easel.pid($0) } == running)
        let stopped = try await easel.startup("stop", from: folder)
        #expect(stopped.status == 0, "\(stopped.output)")
        for pid in running.compactMap({ $0 }) { #expect(!Installation.isAlive(pid)) }
        #expect(try await easel.startup("status", from: folder).status == 3)
        await easel.remove()
    }

    @Test @LoopActor func `another workspace's process is left alone, whatever the PID file says`() async throws {
        let (one, other) = (try Installation(), try Installation())
        #expect(try await one.startup().status == 0)
        let pid = try #require(one.pid("backend"))
        try other.write(pid: pid, to: "backend")
        #expect(try await other.startup("stop").status == 0)
        #expect(Installation.isAlive(pid) && !other.hasPIDFile("backend"))
        await one.remove()
        await other.remove()
    }

    @Test @LoopActor func `a stale PID file, and one with another program's number, are replaced`() async throws {
        let easel = try Installation()
        let stranger = try ChildProcess("/bin/sleep", ["600"])
        try easel.write(pid: 2_000_000_000, to: "backend")
        try easel.write(pid: stranger.pid, to: "gpu_server")
        let started = try await easel.startup()
        #expect(started.status == 0, "\(started.output)")
        let backend = try #require(easel.pid("backend"))
        #expect(backend != 2_000_000_000 && Installation.isAlive(backend))
        #expect(easel.pid("gpu_server") != stranger.pid)
        await easel.remove()
        #expect(Installation.isAlive(stranger.pid))
        kill(stranger.pid, SIGTERM)
        #expect(stranger.wait() == 128 + SIGTERM)
    }

    @Test @LoopActor func `a taken port is an error that says which service`() async throws {
        let easel = try Installation()
        let thief = try TCPListener(host: "127.0.0.1", port: easel.ports.backend)
        let started = try await easel.startup()
        #expect(started.status == 1)
        #expect(started.output.localizedCaseInsensitiveContains("backend"))
        #expect(started.output.contains("\(easel.ports.backend)"))
        thief.close()
        await easel.remove()
    }

    @Test @LoopActor func `a backend that is told to end in the middle of a generation takes it up again`() async throws
    {
        let easel = try Installation()
        easel.environment["SANDBOX_STEP_MS"] = "200"
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        let id = try await easel.submit(["mode": "free", "prompt": "a harbour", "extra_params": ["steps": 10]])
        try await until("it runs") { try await easel.task(id)["status"] == "running" }
        try await easel.signal(SIGTERM, "backend")
        #expect(!easel.hasPIDFile("backend"))
        #expect(try await easel.startup("--sandbox").status == 0)
        #expect(try await easel.end(of: id)["status"] == "done")
        #expect(try await easel.sandboxRuns().map { $0["runs"] } == [1])
        await easel.remove()
    }

    @Test @LoopActor func `tasks accepted before ComfyUI is there wait for it`() async throws {
        let easel = try Installation()
        #expect(try await easel.startup().status == 0)
        try await easel.untilHealthy()
        let id = try await easel.submit(["mode": "free", "prompt": "a harbour"])
        #expect(try await easel.task(id)["status"] == "queued")
        try await easel.startSandbox()
        #expect(try await easel.end(of: id)["status"] == "done")
        await easel.remove()
    }

    @Test @LoopActor func `with a secret the GPU service is open to the backend alone, on every address`() async throws
    {
        let easel = try Installation(gpuHost: "0.0.0.0")
        easel.environment["GPU_SERVICE_SECRET"] = "a secret of both services"
        easel.environment["GPU_SERVICE_URL"] = "http://127.0.0.1:\(easel.ports.gpu)"
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        let id = try await easel.submit([
            "mode": "image_transform", "target_image": .string(try photo().base64),
        ])
        let task = try await easel.end(of: id)
        #expect(task["status"] == "done", "\(task)")
        let stranger = try await easel.http.send(
            ClientRequest(url: "http://127.0.0.1:\(easel.ports.gpu)/workflows"))
        #expect(stranger.status == 401)
        for name in ["backend", "gpu_server"] {
            #expect(!easel.log(name).contains("a secret of both services"))
        }
        await easel.remove()
    }

    @Test @LoopActor func `a backend with another secret says so`() async throws {
        let easel = try Installation()
        easel.environment["GPU_SERVICE_SECRET"] = "the GPU service's"
        try await easel.startup()
        try await easel.signal(SIGTERM, "backend")
        easel.environment["GPU_SERVICE_SECRET"] = "another"
        try await easel.startup()
        try await until("the backend says it") { easel.log("backend").contains("does not take the backend") }
        await easel.remove()
    }

    @Test @LoopActor func `keys are made and revoked from a shell, whether the backend runs or not`() async throws {
        let easel = try Installation()
        easel.environment["AUTH"] = "required"
        func make(_ name: String) async throws -> HTTPFields {
            let made = try await easel.startup("keys", "create", "--name", name)
            #expect(made.status == 0, "\(made.output)")
            let text = try #require(made.output.firstMatch(of: /easel_[0-9a-f]{12}_[0-9a-f]{64}/)).0
            return [.authorization: "Bearer \(text)"]
        }
        let before = try await make("before")
        #expect(try await easel.startup().status == 0)
        let beside = try await make("beside")
        #expect(try await easel.call(.get, "/tasks").status == 401)
        for key in [before, beside] { #expect(try await easel.call(.get, "/tasks", headers: key).status == 200) }
        let list = try await easel.startup("keys", "list").output
        #expect(list.contains("before") && list.contains("beside") && !list.contains("easel_"))
        #expect(try await easel.startup("keys", "revoke", "before").status == 0)
        #expect(try await easel.call(.get, "/tasks", headers: before).status == 401)
        #expect(try await easel.call(.get, "/tasks", headers: beside).status == 200)
        #expect(try await easel.startup("keys", "revoke", "before").status == 1)
        #expect(try await easel.startup("keys", "forget").status == 2)
        // Neither a key nor its text is in a log.
        #expect(!easel.log("backend").contains(try #require(beside[.authorization]).suffix(64)))
        _ = try await easel.startup("stop")
        #expect(try await easel.startup("keys", "revoke", "beside").status == 0)
        await easel.remove()
    }

    @Test @LoopActor func `the services can be on different addresses`() async throws {
        let easel = try Installation(backendHost: "127.0.0.2", gpuHost: "127.0.0.3")
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        let photo = try photo()
        let id = try await easel.submit(["mode": "image_transform", "target_image": .string(photo.base64)])
        let task = try await easel.end(of: id)
        #expect(task["status"] == "done", "\(task)")
        #expect(isInverted(try await easel.picture(of: task), of: photo.raster))
        await easel.remove()
    }
}

import Foundation
import HTTPTypes
import Images
import JSONText
import Loop
import TestSupport
import Testing

/// Whatever breaks on the way, an accepted task ends once, with its picture.
@Suite(.serialized) struct FaultTests {
    init() { startLoop() }

    /// Runs one task while something goes wrong, and looks at its picture and at how often its prompt ran.
    @LoopActor private func see(
        _ fault: JSON?, steps: Int = 4, meanwhile: @LoopActor (Installation, String) async throws -> Void = { _, _ in },
        check: @LoopActor (JSON, [JSON]) -> Void
    ) async throws {
        let easel = try Installation()
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        if let fault { try await easel.fault(fault) }
        let id = try await easel.submit(
            ["mode": "free", "prompt": "a fjord", "extra_params": ["steps": JSON(steps), "width": 64, "height": 64]])
        try await meanwhile(easel, id)
        let task = try await easel.end(of: id)
        if task["status"] == "done" { #expect(try await easel.picture(of: task).width == 64) }
        check(task, (try? await easel.sandboxRuns()) ?? [])
        await easel.remove()
    }

    @LoopActor private func untilRunning(_ easel: Installation, _ id: String) async throws {
        try await until("it runs") { (try await easel.task(id)["progress"]?.double ?? 0) > 0 }
    }

    @Test(arguments: ["backend", "gpu_server"])
    @LoopActor func `a service killed in the middle changes nothing`(service: String) async throws {
        try await see(nil, steps: 20) { easel, id in
            try await untilRunning(easel, id)
            try await easel.signal(SIGKILL, service)
            #expect(try await easel.startup("--sandbox").status == 0)
        } check: { task, runs in
            #expect(task["status"] == "done", "\(task)")
            #expect(task["attempts"] == 1)
            #expect(runs.map { $0["runs"] } == [1])
        }
    }

    @Test @LoopActor func `a killed ComfyUI runs it again`() async throws {
        try await see(nil, steps: 20) { easel, id in
            try await untilRunning(easel, id)
            try await easel.signal(SIGKILL, "comfy_sandbox")
            #expect(try await easel.startup("--sandbox").status == 0)
        } check: { task, runs in
            #expect(task["status"] == "done", "\(task)")
            #expect(runs.filter { $0["end"] == "success" }.count == 1)
        }
    }

    @Test(
        arguments: [
            ["kind": "drop_sockets", "step": 2, "count": 1], ["kind": "no_end_event", "count": 1],
            ["kind": "late_history", "ms": 400, "count": 1], ["kind": "reject_sockets"],
            ["kind": "lost_answer", "match": "/prompt", "count": 1], ["kind": "slow", "ms": 200, "count": 5],
        ] as [JSON])
    @LoopActor func `a fault on the way does not show`(fault: JSON) async throws {
        try await see(fault) { task, runs in
            #expect(task["status"] == "done", "\(task)")
            #expect(runs.filter { $0["worked"]?.int ?? 0 > 0 }.count == 1, "\(runs)")
        }
    }

    @Test(
        arguments: [
            ["kind": "oom", "count": 1], ["kind": "lost_history", "count": 1],
            ["kind": "wrong_bytes", "mode": "html", "match": "/view", "count": 1],
            ["kind": "wrong_bytes", "mode": "empty", "match": "/view", "count": 1], ["kind": "view_404", "count": 1],
        ] as [JSON])
    @LoopActor func `what passes is tried again`(fault: JSON) async throws {
        try await see(fault) { task, _ in #expect(task["status"] == "done", "\(task)") }
    }

    @Test @LoopActor func `a ComfyUI that hangs is noticed, and its task moves on`() async throws {
        let easel = try Installation()
        easel.environment["REQUEST_TIMEOUT"] = "2"
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        try await easel.fault(["kind": "freeze", "step": 2, "count": 1])
        let id = try await easel.submit(
            ["mode": "free", "prompt": "a fjord", "extra_params": ["steps": 4, "width": 64, "height": 64]])
        let gpu = "http://\(easel.gpuHost):\(easel.ports.gpu)"
        try await until("ComfyUI is known to hang") {
            try await easel.call(.get, "/health", at: gpu).json["comfyui_available"] == false
        }
        #expect(try await easel.task(id)["status"] != "failed")
        try await easel.signal(SIGKILL, "comfy_sandbox")
        #expect(try await easel.startup("--sandbox").status == 0)
        let task = try await easel.end(of: id)
        #expect(task["status"] == "done", "\(task)")
        await easel.remove()
    }

    @Test @LoopActor func `a failure at run time is one clear error`() async throws {
        try await see(["kind": "error", "mode": "cannot open /srv/comfy/models/x.bin", "count": 1]) { task, runs in
            #expect(task["status"] == "failed")
            let error = task["error"]?.string ?? ""
            #expect(error.contains("failed at node") && !error.contains("/srv"), "\(error)")
            #expect(runs.count == 1)
        }
    }

    @Test @LoopActor func `a task is cancelled while it waits and while it runs`() async throws {
        let easel = try Installation()
        easel.environment["SANDBOX_STEP_MS"] = "200"
        easel.environment["COMFYUI_QUEUE_AHEAD"] = "0"
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        let body: JSON = ["mode": "free", "prompt": "long", "extra_params": ["steps": 100]]
        let running = try await easel.submit(body)
        let waiting = try await easel.submit(body)
        try await untilRunning(easel, running)
        #expect(try await easel.call(.delete, "/tasks/\(waiting)").json["status"] == "cancelled")
        #expect(try await easel.call(.delete, "/tasks/\(running)").status == 200)
        #expect(try await easel.end(of: running)["status"] == "cancelled")
        #expect(try await easel.call(.delete, "/tasks/\(running)").status == 409)
        #expect(try await easel.sandboxRuns().map { $0["end"] } == ["interrupted"])
        await easel.remove()
    }
}

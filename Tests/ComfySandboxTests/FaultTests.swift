import JSONText
import Loop
import TestSupport
import Testing
import WebSocket

@testable import ComfySandbox

/// Every fault that can be asked for happens.
@Suite struct FaultTests {
    init() { startLoop() }

    @Test func `out of memory and other errors end a prompt at their step`() async throws {
        try await RunningSandbox.with { sandbox in
            _ = try await sandbox.post(
                "/sandbox/faults",
                [["kind": "oom", "step": 2, "count": 1], ["kind": "error", "mode": "boom", "match": "p2"]])
            let messages = try await sandbox.run(Graphs.sampled(), id: "p1")
            #expect(messages.filter { $0.type == "progress" }.count == 2)
            let error = try #require(messages.first { $0.type == "execution_error" }?.data)
            #expect(error["exception_type"] == "torch.OutOfMemoryError" && error["node_id"] == "3")
            #expect(error["exception_message"]?.string?.contains("Allocation on device") == true)
            let other = try await sandbox.run(Graphs.empty(), id: "p2")
            #expect(other.first { $0.type == "execution_error" }?.data?["exception_message"] == "boom\n")
            #expect(try await sandbox.run(Graphs.sampled(), id: "p3").contains { $0.type == "execution_success" })
        }
    }

    @Test func `die ends the process at its step`() async throws {
        try await RunningSandbox.with { sandbox in
            _ = try await sandbox.post("/sandbox/faults", ["kind": "die", "step": 1])
            _ = try await sandbox.post("/prompt", ["prompt": Graphs.sampled()])
            try await sandbox.hasDied.wait()
        }
    }

    @Test func `sockets drop and the prompt goes on`() async throws {
        try await RunningSandbox.with { sandbox in
            _ = try await sandbox.post("/sandbox/faults", ["kind": "drop_sockets", "step": 1, "count": 1])
            await #expect(throws: TestSocket.Ended.self) { try await sandbox.run(Graphs.sampled(), id: "p") }
            try await sandbox.until { sandbox.sandbox.state.history["p"] != nil }
            #expect(try await sandbox.json("/history/p")["p"]?["status"]?["completed"] == true)
        }
    }

    @Test func `history is lost or late`() async throws {
        try await RunningSandbox.with { sandbox in
            _ = try await sandbox.post(
                "/sandbox/faults", [["kind": "lost_history", "match": "lost"], ["kind": "late_history", "ms": 50]])
            try await sandbox.run(Graphs.empty(), id: "lost")
            #expect(try await sandbox.json("/history/lost") == [:])
            try await sandbox.run(Graphs.empty(), id: "late")
            #expect(sandbox.sandbox.state.queue.running == nil)
            try await sandbox.until { sandbox.sandbox.state.history["late"] != nil }
            #expect(try await sandbox.json("/sandbox/log")["prompts"]?[0]?["end"] == "success")
        }
    }

    @Test func `no end event is told and the history is there`() async throws {
        try await RunningSandbox.with { sandbox in
            _ = try await sandbox.post("/sandbox/faults", ["kind": "no_end_event", "count": 1])
            let socket = try await sandbox.socket("/ws?clientId=me")
            _ = try await sandbox.post("/prompt", ["prompt": Graphs.empty(), "prompt_id": "1", "client_id": "me"])
            _ = try await sandbox.post("/prompt", ["prompt": Graphs.empty(), "prompt_id": "2", "client_id": "me"])
            let ends = try await socket.messagesUntilEnd().filter { $0.type == "execution_success" }
            #expect(ends.map { $0.data?["prompt_id"] } == ["2"])
            #expect(try await sandbox.json("/history/1")["1"] != nil)
        }
    }

    @Test func `a lost answer leaves its prompt in the queue`() async throws {
        try await RunningSandbox.with { sandbox in
            _ = try await sandbox.post("/sandbox/faults", ["kind": "lost_answer", "match": "/prompt", "count": 1])
            await #expect(throws: RawAnswer.NoAnswer.self) {
                _ = try await sandbox.post("/prompt", ["prompt": Graphs.empty(), "prompt_id": "p"])
            }
            try await sandbox.until { sandbox.sandbox.state.history["p"] != nil }
        }
    }

    @Test func `a request hangs until the faults are cleared`() async throws {
        try await RunningSandbox.with { sandbox in
            _ = try await sandbox.post("/sandbox/faults", ["kind": "hang", "match": "/queue", "count": 1])
            let hanging = Task(executorPreference: EventLoop.shared) { try await sandbox.get("/queue") }
            try await sandbox.until { sandbox.sandbox.state.faults.faults.isEmpty }
            #expect(try await sandbox.get("/prompt").status == 200)
            _ = try await sandbox.send("DELETE", "/sandbox/faults", [:])
            await #expect(throws: RawAnswer.NoAnswer.self) { _ = try await hanging.value }
            #expect(try await sandbox.get("/queue").status == 200)
        }
    }

    @Test func `answers are wrong in the way that was asked for`() async throws {
        try await RunningSandbox.with { sandbox in
            try await sandbox.run(Graphs.empty(), id: "p")
            let whole = try await sandbox.get("/view?filename=e_00001_.png").body
            let faults: JSON = [
                ["kind": "wrong_bytes", "count": 1], ["kind": "wrong_bytes", "mode": "html", "count": 1],
                ["kind": "wrong_bytes", "mode": "empty", "count": 1], ["kind": "not_json", "match": "/queue"],
                ["kind": "http_error", "status": 503, "match": "/object_info"], ["kind": "reject_sockets"],
                ["kind": "slow", "match": "/system_stats", "ms": 1, "chunk": 100],
            ]
            #expect(try await sandbox.post("/sandbox/faults", faults).json?["faults"]?.array?.count == 7)
            #expect(try await sandbox.get("/view?filename=e_00001_.png").body == Array(whole.prefix(whole.count / 2)))
            #expect(try await sandbox.get("/view?filename=e_00001_.png").headers["content-type"] == "text/html")
            #expect(try await sandbox.get("/view?filename=e_00001_.png").body.isEmpty)
            #expect(try await sandbox.get("/api/queue").json == nil)
            #expect(try await sandbox.get("/object_info").status == 503)
            #expect(try await sandbox.get("/system_stats").json?["system"]?["comfyui_version"] != nil)
            await #expect(throws: WebSocketError.self) { _ = try await sandbox.socket("/ws?clientId=x") }
            _ = try await sandbox.post("/sandbox/faults", ["kind": "view_404", "count": 1])
            #expect(try await sandbox.get("/view?filename=e_00001_.png").status == 404)
            #expect(try await sandbox.get("/view?filename=e_00001_.png").body == whole)
        }
    }
}

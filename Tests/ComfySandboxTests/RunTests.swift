import Foundation
import JSONText
import Loop
import TestSupport
import Testing

@testable import ComfySandbox

@Suite struct RunTests {
    init() { startLoop() }

    @Test func `an identical prompt runs nothing and names the old file even when it is gone`() async throws {
        try await RunningSandbox.with { sandbox in
            try await sandbox.run(Graphs.empty(), id: "1")
            try FileManager.default.removeItem(atPath: sandbox.folder + "/output/e_00001_.png")
            try await sandbox.run(Graphs.empty(), id: "2")
            let entry = try await sandbox.json("/history/2")["2"]
            #expect(entry?["status"]?["status_str"] == "success")
            #expect(entry?["outputs"]?["2"]?["images"]?[0]?["filename"] == "e_00001_.png")
            #expect(try await sandbox.get("/view?filename=e_00001_.png").status == 404)
            let log = try await sandbox.json("/sandbox/log")["prompts"]
            #expect(log?[0]?["worked"] == 1 && log?[1]?["worked"] == 0 && log?[1]?["runs"] == 1)
            _ = try await sandbox.post("/free", ["free_memory": true])
            try await sandbox.run(Graphs.empty(), id: "3")
            #expect(try await sandbox.get("/view?filename=e_00001_.png").status == 200)
        }
    }

    @Test func `an interrupt ends the running prompt at its next step`() async throws {
        try await RunningSandbox.with { sandbox in
            let socket = try await sandbox.socket("/ws?clientId=me")
            _ = try await sandbox.post(
                "/prompt", ["prompt": Graphs.sampled(steps: 10_000), "prompt_id": "p", "client_id": "me"])
            _ = try await socket.messages { $0.type == "progress" }
            #expect(try await sandbox.post("/interrupt", ["prompt_id": "other"]).status == 200)
            _ = try await socket.messages { $0.type == "progress" }
            #expect(try await sandbox.post("/interrupt", ["prompt_id": "p"]).status == 200)
            let rest = try await socket.messagesUntilEnd()
            let end = try #require(rest.first { $0.type == "execution_interrupted" }?.data)
            #expect(end["node_type"] == "KSampler" && end["executed"]?.array?.count == 4)
            let entry = try await sandbox.json("/history/p")["p"]
            #expect(entry?["status"]?["status_str"] == "error" && entry?["status"]?["completed"] == false)
        }
    }

    @Test func `a prompt of nobody tells its progress to everybody and its ends to none`() async throws {
        try await RunningSandbox.with { sandbox in
            let socket = try await sandbox.socket("/ws?clientId=by")
            _ = try await sandbox.post("/prompt", ["prompt": Graphs.sampled(), "prompt_id": "p"])
            let messages = try await socket.messages { message in
                message.type == "status" && message.data?["sid"] == nil
                    && message.data?["status"]?["exec_info"]?["queue_remaining"] == 0
            }
            let types = Set(messages.compactMap(\.type))
            #expect(types == ["status", "progress_state", "progress"])
            #expect(messages.contains { $0.bytes != nil })
        }
    }

    @Test func `the newer of two sockets hears and closing the older silences it`() async throws {
        try await RunningSandbox.with { sandbox in
            let older = try await sandbox.socket("/ws?clientId=twin")
            _ = try await older.next()
            let newer = try await sandbox.socket("/ws?clientId=twin")
            _ = try await newer.next()
            _ = try await sandbox.post("/prompt", ["prompt": Graphs.empty(), "prompt_id": "1", "client_id": "twin"])
            #expect(try await newer.messagesUntilEnd().contains { $0.type == "execution_success" })
            await older.close()
            let witness = try await sandbox.socket("/ws?clientId=witness")
            // The sandbox notices the close before it answers what comes later on the same loop.
            try await sandbox.until { !sandbox.sandbox.hub.isHeard(.client("twin")) }
            _ = try await sandbox.post("/prompt", ["prompt": Graphs.empty(), "prompt_id": "2", "client_id": "twin"])
            _ = try await sandbox.post("/prompt", ["prompt": Graphs.empty(), "prompt_id": "3", "client_id": "witness"])
            _ = try await witness.messagesUntilEnd()
            await newer.close()
            #expect(try await sandbox.json("/history/2")["2"] != nil)
        }
    }

    @Test func `a socket that comes in the middle is told which node runs`() async throws {
        try await RunningSandbox.with { sandbox in
            _ = try await sandbox.post("/sandbox/faults", ["kind": "freeze", "step": 1])
            let early = try await sandbox.socket("/ws?clientId=early")
            _ = try await sandbox.post("/prompt", ["prompt": Graphs.sampled(), "prompt_id": "p", "client_id": "late"])
            try await sandbox.until { sandbox.sandbox.hub.current?.node == "3" }
            let late = try await sandbox.socket("/ws?clientId=late")
            _ = try await late.next()
            let second = try await late.next()
            #expect(second.type == "executing" && second.data == ["node": "3"])
            _ = try await sandbox.send("DELETE", "/sandbox/faults", [:])
            #expect(try await late.messagesUntilEnd().contains { $0.type == "execution_success" })
            await early.close()
        }
    }

    @Test func `only the first object of a client can ask for something`() async throws {
        try await RunningSandbox.with { sandbox in
            let socket = try await sandbox.socket("/ws?clientId=odd")
            _ = try await socket.next()
            for words in ["not json", "[1,2]", "\"x\""] { try await socket.send(words) }
            let flags = #"{"type":"feature_flags","data":{"supports_preview_metadata":true}}"#
            try await socket.send(flags)
            #expect(try await socket.next().data == Event.features)
            try await socket.send(flags)
            _ = try await sandbox.post("/prompt", ["prompt": Graphs.empty(), "prompt_id": "p", "client_id": "odd"])
            #expect(try await !socket.messagesUntilEnd().contains { $0.type == "feature_flags" })
        }
    }

    @Test func `a class that only a workflow names runs and hands its picture on`() async throws {
        let workflow: JSON = [
            "1": Graphs.node("LoadImage", ["image": "face.png"]),
            "2": Graphs.node("FancySwap", ["image": ["1", 0], "strength": 0.5]),
            "3": Graphs.node("FancySave", ["images": ["2", 0], "filename_prefix": "x"]),
        ]
        var graph = Graphs.empty().object ?? [:]
        graph["2"] = Graphs.node("FancySwap", ["image": ["1", 0], "whatever": ["no", "list"]])
        graph["3"] = Graphs.node("FancySave", ["images": ["2", 0], "filename_prefix": "fancy"])
        let prompt = JSON.object(graph)
        try await RunningSandbox.with(workflows: ["fancy": workflow]) { sandbox in
            try await sandbox.run(prompt, id: "p")
            #expect(try await sandbox.get("/view?filename=fancy_00001_.png").status == 200)
            #expect(try await sandbox.json("/object_info/FancySwap")["FancySwap"] != nil)
        }
        try await RunningSandbox.with { sandbox in
            let answer = try await sandbox.post("/prompt", ["prompt": prompt])
            #expect(answer.status == 400 && answer.json?["error"]?["type"] == "invalid_prompt")
        }
    }

    @Test func `a waiting prompt can be deleted and its history stays empty`() async throws {
        try await RunningSandbox.with { sandbox in
            _ = try await sandbox.post("/sandbox/faults", ["kind": "freeze", "match": "slow-one"])
            _ = try await sandbox.post("/prompt", ["prompt": Graphs.empty(), "prompt_id": "slow-one"])
            for id in ["a", "b"] {
                _ = try await sandbox.post("/prompt", ["prompt": Graphs.empty(), "prompt_id": .string(id)])
            }
            try await sandbox.until { sandbox.sandbox.state.queue.running != nil }
            _ = try await sandbox.post("/queue", ["delete": ["a"]])
            let queue = try await sandbox.json("/queue")
            #expect(queue["queue_running"]?[0]?[1] == "slow-one")
            #expect(queue["queue_pending"]?.array?.compactMap { $0[1]?.string } == ["b"])
            #expect(try await sandbox.json("/history/a") == [:])
        }
    }
}

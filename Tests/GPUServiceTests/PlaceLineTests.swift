import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing
import Wire
import Workflows

@testable import GPUService

/// Who waits for room on a ComfyUI, and who gets it.
@Suite struct PlaceLineTests {
    init() { startLoop() }

    private static func graph(_ model: String) -> String {
        #"{"1": {"class_type": "Load", "inputs": {"ckpt_name": "\#(model)"}}, "#
            + #""9": {"class_type": "Show", "inputs": {"value": ["1", 0]}}}"#
    }

    @LoopActor private static func comfyUI(_ model: String? = nil, port: Int = 0) throws -> ScriptedComfyUI {
        let nodes: JSON? = model.map { model in
            [
                "Load": ["input": ["required": ["ckpt_name": [[.string(model)], [:]]]], "output": ["MODEL"]],
                "Show": ["input": ["required": ["value": ["MODEL"]]], "output": [], "output_node": true],
            ]
        }
        let comfyUI = try ScriptedComfyUI(nodes: nodes, port: port)
        comfyUI.newPlace = .running
        return comfyUI
    }

    private static func id(_ task: String) -> String { PromptName.promptID(taskID: task, attempt: 1) }

    @LoopActor private func withService(
        _ comfyUIs: [String], _ workflows: [String] = ["w"], _ body: @LoopActor (RunningGPUService) async throws -> Void
    ) async throws {
        let files = workflows.map { ("\($0).json", Self.graph("\($0).safetensors")) }
        try await withGPUService(
            comfyUIs: comfyUIs, workflows: Dictionary(uniqueKeysWithValues: files), capacity: 1, body)
    }

    /// Begins a generation that has to wait, as the last in the line.
    @LoopActor private func wait(
        _ task: String, _ workflow: String = "w", in service: RunningGPUService
    ) async throws -> Task<RunningGPUService.Answer, any Error> {
        let count = service.dispatcher.line.count
        let answer = service.generate(task, workflow)
        try await until { service.dispatcher.line.count == count + 1 }
        return answer
    }

    @Test @LoopActor func `who came first gets the slot that is freed, and a cancelled one leaves the line`()
        async throws
    {
        let comfyUI = try Self.comfyUI()
        try await withService([comfyUI.url]) { service in
            try await until { service.comfyUIs[0].isAvailable }
            _ = service.generate("first")
            try await until { comfyUI.ids == [Self.id("first")] }
            let cancelled = try await wait("cancelled", in: service)
            for task in ["a", "b", "c"] { _ = try await wait(task, in: service) }
            #expect(try await service.call(.delete, "/generate/cancelled").json["cancelled"] == true)
            #expect(try await cancelled.value.text.contains(#""kind":"cancelled""#))
            #expect(service.dispatcher.line.count == 3)
            let order = ["first", "a", "b", "c"]
            for count in 2...4 {
                comfyUI.places[comfyUI.ids[count - 2]] = .done
                try await until { comfyUI.ids.count == count }
            }
            #expect(comfyUI.ids == order.map(Self.id))
            #expect(service.comfyUIs[0].load == 1)
        }
        await comfyUI.kill()
    }

    @Test @LoopActor func `who waits for one ComfyUI goes to another that comes up`() async throws {
        let (busy, away) = (try Self.comfyUI(), try Self.comfyUI())
        let port = away.port
        await away.kill()
        var late: ScriptedComfyUI?
        try await withService([busy.url, "http://127.0.0.1:\(port)"]) { service in
            try await until { service.comfyUIs[0].isAvailable }
            _ = service.generate("a")
            try await until { busy.ids.count == 1 }
            _ = try await wait("b", in: service)
            late = try Self.comfyUI(port: port)
            try await until { late?.ids == [Self.id("b")] }
            #expect(busy.places[Self.id("a")] == .running)
        }
        await busy.kill()
        await late?.kill()
    }

    @Test @LoopActor func `who can go nowhere else holds nobody up`() async throws {
        let (one, other) = (try Self.comfyUI("w.safetensors"), try Self.comfyUI("v.safetensors"))
        try await withService([one.url, other.url], ["w", "v"]) { service in
            try await until { service.comfyUIs.allSatisfy { $0.isAvailable && $0.nodes != nil } }
            try await until { service.library["w"]?.isReady == true && service.library["v"]?.isReady == true }
            _ = service.generate("a", "w")
            _ = service.generate("b", "v")
            try await until { one.ids == [Self.id("a")] && other.ids == [Self.id("b")] }
            let first = try await wait("c", "v", in: service)
            _ = try await wait("d", "w", in: service)
            one.places[Self.id("a")] = .done
            try await until { one.ids.last == Self.id("d") }
            #expect(other.ids == [Self.id("b")])
            await other.kill()
            #expect(try await first.value.text.contains(#""kind":"unavailable""#), "nobody is left who can run it")
        }
        await one.kill()
    }
}

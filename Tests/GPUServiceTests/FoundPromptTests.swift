import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing
import Wire

@testable import GPUService

/// A submitted prompt needs no workflow: it is found by its id.
@Suite struct FoundPromptTests {
    init() { startLoop() }

    private static let task = "0b8f3b1e-3d3c-4b0a-9f0e-000000000001"
    private static let promptID = PromptName.promptID(taskID: task, attempt: 1)
    private static let graph =
        #"{"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}, "#
        + #""9": {"class_type": "Show", "inputs": {"value": ["1", 0]}}}"#

    @LoopActor private func withService(
        _ body: @LoopActor (RunningGPUService, ScriptedComfyUI) async throws -> Void
    ) async throws {
        let comfyUI = try ScriptedComfyUI(nodes: nil)
        comfyUI.outputs = ["9": ["images": [["filename": "a.png", "subfolder": "", "type": "output"]]]]
        let files = ["w.json": Self.graph, "broken.json": #"{"nodes": [], "links": []}"#]
        try await withGPUService(comfyUIs: [comfyUI.url], workflows: files) { service in
            try await until { service.comfyUIs[0].isAvailable }
            try await body(service, comfyUI)
        }
        await comfyUI.kill()
    }

    /// What a request can be refused for: no workflow, another version, no picture, one that is not ready.
    private static let refused: [JSON] = [
        ["workflow": "gone", "params": [:]], ["workflow": "w", "version": "old", "params": [:]],
        ["workflow": "w", "params": ["image": InputReference.json(sha256: String(repeating: "0", count: 64))]],
        ["workflow": "broken", "params": [:]],
    ]

    private static func body(_ refused: JSON, task: String? = task) -> JSON {
        var members = refused.object ?? [:]
        members["task_id"] = task.map(JSON.string)
        members["attempt"] = 1
        return .object(members)
    }

    @Test(arguments: refused)
    @LoopActor func `one that is done is found, whatever has become of the workflow`(refused: JSON) async throws {
        try await withService { service, comfyUI in
            comfyUI.places[Self.promptID] = .done
            let answer = try await service.call(
                .post, "/generate", Self.body(refused), headers: [.accept: "text/event-stream"])
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.text.contains(#""found":true"#))
            #expect(answer.text.contains("event: result"))
            #expect(try await service.call(.get, "/results/\(Self.task)/0").text == "a picture")
            #expect(comfyUI.prompts == [])
        }
    }

    @Test @LoopActor func `one that runs is followed to its end, and joined`() async throws {
        try await withService { service, comfyUI in
            comfyUI.places[Self.promptID] = .running
            let first = service.generate(Self.task, "gone")
            try await until { service.dispatcher[Self.task]?.hasStarted == true }
            let second = service.generate(Self.task, "gone")
            comfyUI.places[Self.promptID] = .done
            for answer in [first, second] { #expect(try await answer.value.text.contains("event: result")) }
        }
    }

    @Test(arguments: zip(refused, [404, 409, 409, 503]))
    @LoopActor func `what ComfyUI does not have is refused as ever`(refused: JSON, status: Int) async throws {
        try await withService { service, comfyUI in
            for task in [Self.task, nil] {
                #expect(try await service.call(.post, "/generate", Self.body(refused, task: task)).status == status)
            }
            await comfyUI.kill()
            let answer = try await service.call(.post, "/generate", Self.body(refused))
            #expect(answer.status == status, "with no answer from ComfyUI")
        }
    }

    // MARK: Results

    @Test(arguments: [(HTTPResponse.Status.notFound, 410), (.forbidden, 410), (.badGateway, 502)])
    @LoopActor func `only ComfyUI itself says that a file is gone`(
        said: HTTPResponse.Status, status: Int
    ) async throws {
        try await withService { service, comfyUI in
            comfyUI.places[Self.promptID] = .done
            _ = try await service.generate(Self.task, "gone").value
            comfyUI.viewStatus = said
            #expect(try await service.call(.get, "/results/\(Self.task)/0").status == status)
            #expect(comfyUI.forgotten == (status == 410 ? [Self.promptID] : []))
            comfyUI.viewStatus = .ok
            #expect(try await service.call(.get, "/results/\(Self.task)/0").text == "a picture")
        }
    }
}

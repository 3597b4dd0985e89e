import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@testable import GPUService

@Suite struct PictureListTests {
    init() { startLoop() }

    private static let graph = """
        {"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
         "9": {"class_type": "Show", "inputs": {"value": ["1", 0]}}}
        """
    private static let manifest = """
        {"parameters": {"type": "object", "properties": {"images": {"type": "array",
         "items": {"type": "string", "format": "image"},
         "inject": [{"node": "1", "input": "image", "element": 0}]}}}}
        """

    @Test @LoopActor func `a list of too many pictures is one fault, and none is decoded`() async throws {
        let workflows = ["w.json": Self.graph, "w.manifest.json": Self.manifest]
        try await withGPUService(comfyUIs: [], workflows: workflows) { service in
            let pictures = JSON.array(Array(repeating: "AAAA", count: 5000))
            let answer = try await service.call(
                .post, "/generate", ["workflow": "w", "params": ["images": pictures]])
            #expect(answer.status == 422)
            #expect(answer.json["detail"]?.array?.count == 1)
            #expect(answer.json["detail"]?[0]?["type"] == "too_long")
            #expect(answer.json["detail"]?[0]?["loc"] == ["body", "params", "images"])
        }
    }
}

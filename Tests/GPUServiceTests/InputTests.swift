import Crypto
import Foundation
import HTTP
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing
import Wire

@testable import GPUService

/// Pictures on their way through the service, and folders that somebody clears.
@Suite struct InputTests {
    init() { startLoop() }

    private static let graph =
        #"{"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}, "#
        + #""9": {"class_type": "Show", "inputs": {"value": ["1", 0]}}}"#
    /// What is known for one by its begin; the rest does not matter here.
    private static let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]
    private static let hash = SHA256.hash(picture).hex
    private static let params: JSON = ["image": InputReference.json(sha256: hash)]

    @LoopActor private func withService(
        _ body: @LoopActor (RunningGPUService, ScriptedComfyUI) async throws -> Void
    ) async throws {
        let comfyUI = try ScriptedComfyUI(nodes: nil)
        comfyUI.onPrompt = { graph in
            let name = graph["1"]?["inputs"]?["image"]?.string ?? ""
            guard !comfyUI.files.contains(name) else { return nil }
            let refusal: JSON = ["error": ["type": "prompt_outputs_failed_validation", "message": "no such picture"]]
            return .json(refusal, status: .badRequest)
        }
        try await withGPUService(comfyUIs: [comfyUI.url], workflows: ["w.json": Self.graph]) { service in
            try await until { service.comfyUIs[0].isAvailable }
            try await body(service, comfyUI)
        }
        await comfyUI.kill()
    }

    @Test @LoopActor func `a picture that is gone from ComfyUI's folder is put there again`() async throws {
        try await withService { service, comfyUI in
            let put = try await service.put(Self.picture)
            #expect(put.status == 204)
            for task in ["a", "b"] {
                #expect(try await service.generate(task, "w", Self.params).value.text.contains("event: result"))
            }
            #expect(comfyUI.uploads == 1, "once for each content")
            comfyUI.files = []
            #expect(try await service.generate("c", "w", Self.params).value.text.contains("event: result"))
            #expect(comfyUI.uploads == 2)
        }
    }

    @Test @LoopActor func `a refusal that has another cause stands, after one more try`() async throws {
        try await withService { service, comfyUI in
            let put = try await service.put(Self.picture)
            #expect(put.status == 204)
            #expect(try await service.generate("a", "w", Self.params).value.text.contains("event: result"))
            var asked = 0
            comfyUI.onPrompt = { _ in
                asked += 1
                return Response(status: .badRequest)
            }
            #expect(try await service.generate("b", "w", Self.params).value.text.contains(#""kind":"input""#))
            #expect(asked == 2)
        }
    }

    @Test @LoopActor func `a picture that is gone from the service's own folder is asked for again`() async throws {
        try await withService { service, _ in
            let first = try await service.put(Self.picture)
            #expect(first.status == 204)
            try FileManager.default.removeItem(atPath: service.folder + "/inputs")
            #expect(try await service.generate("a", "w", Self.params).value.text.contains(#""kind":"unavailable""#))
            #expect(try await service.call(.head, "/inputs/\(Self.hash)").status == 404)
            #expect(try await service.put(Self.picture).status == 204)
            #expect(try await service.call(.head, "/inputs/\(Self.hash)").status == 200)
            #expect(try await service.generate("a", "w", Self.params).value.text.contains("event: result"))
        }
    }

    @Test @LoopActor func `a film larger than 64 MB is taken, and what is no input leaves nothing behind`() async throws
    {
        try await withService { service, _ in
            var film = [UInt8](repeating: 7, count: 65 << 20)
            film.replaceSubrange(0..<12, with: [0, 0, 0, 24] + Array("ftypmp42".utf8))
            #expect(try await service.put(film).status == 204)
            #expect(try await service.put([1, 2, 3]).status == 422)
            let folder = service.folder + "/inputs"
            let name = SHA256.hash(film).hex
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name])
            let kept = try #require(FileManager.default.contents(atPath: "\(folder)/\(name)"))
            #expect(SHA256.hash(kept).hex == name)
        }
    }

    @Test @LoopActor func `a picture that ComfyUI finds too large is the input's fault`() async throws {
        try await withService { service, comfyUI in
            comfyUI.uploadStatus = .contentTooLarge
            let put = try await service.put(Self.picture)
            #expect(put.status == 204)
            let answer = try await service.generate("a", "w", Self.params).value.text
            #expect(answer.contains(#""kind":"input""#) && answer.contains("larger than ComfyUI takes"))
        }
    }
}

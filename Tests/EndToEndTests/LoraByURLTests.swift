import Foundation
import HTTP
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

/// A LoRA that a request names by URL, from the client to the sandbox's list of models.
@Suite(.serialized) struct LoraByURLTests {
    init() { startLoop() }

    @Test @LoopActor func `a LoRA named by URL is fetched and used`() async throws {
        let header = #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#
        let lora = [UInt8(header.utf8.count)] + [UInt8](repeating: 0, count: 7) + Array(header.utf8) + [1, 2, 3, 4]
        var asked = 0
        let easel = try Installation()
        let models = easel.workspace + "/models"
        try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
        easel.environment = ["MODELS_PATH": models, "ALLOW_PRIVATE_MODEL_URLS": "1"]
        try await withServer { router in
            router.on(.get, "/lora") { _ in
                asked += 1
                return Response(body: .bytes(lora))
            }
        } _: { server in
            #expect(try await easel.startup("--sandbox").status == 0)
            try await easel.untilHealthy()
            try await easel.untilComfyUIIsThere()
            let url = "http://127.0.0.1:\(server.port)/lora"
            for seed in 1...2 {
                let answer = try await easel.call(
                    .post, "/workflows/flux_lora/runs",
                    ["prompt": "a fox", "lora": .string(url), "width": 64, "height": 64, "seed": JSON(seed)],
                    headers: [.prefer: "wait=60"])
                #expect(answer.json["status"] == "done", "\(answer.text)")
            }
            #expect(asked == 1)
            let names = try FileManager.default.contentsOfDirectory(atPath: models + "/loras")
            #expect(names.count == 1)
            let runs = try await easel.sandboxRuns()
            #expect(runs.count == 2)
            let history = try await easel.call(.get, "/history", at: easel.comfyURL).text
            #expect(history.contains(names.first ?? "no file"))
        }
        await easel.remove()
    }

    @Test @LoopActor func `with no models folder its URL is a fault at once`() async throws {
        let easel = try Installation()
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        let answer = try await easel.call(
            .post, "/workflows/flux_lora/runs", ["prompt": "a fox", "lora": "https://example.com/a.safetensors"])
        #expect(answer.status == 422)
        #expect(answer.json["detail"]?[0]?["loc"] == ["body", "lora"])
        await easel.remove()
    }
}

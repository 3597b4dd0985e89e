import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@testable import BackendAPI

/// A parameter of the format `model`, which may be a URL.
@Suite struct ModelURLTests {
    init() { startLoop() }

    /// A catalogue with one workflow that takes a LoRA.
    @LoopActor
    private func withLoras(
        _ settings: [String: String] = [:], _ body: @LoopActor (RunningBackend, ScriptedGPUService) async throws -> Void
    ) async throws {
        try await withBackend(settings: settings) { backend, pod, _ in
            let parameters: JSON = [
                "type": "object", "required": [], "additionalProperties": false,
                "properties": ["lora": ["type": "string", "format": "model", "maxLength": 2048]],
            ]
            pod.catalogue = [
                "workflows": [Samples.workflow("lora", "l1", parameters)], "styles": [], "capacity": 3,
            ]
            try await until { try await backend.call(.get, "/workflows/lora").status == 200 }
            try await body(backend, pod)
        }
    }

    @LoopActor
    @Test(arguments: ["https://example.com/a.safetensors?token=1", "https://8.8.8.8/a", "mine/a.safetensors"])
    func `a URL or a file name goes to the GPU service as it is`(value: String) async throws {
        try await withLoras { backend, pod in
            let answer = try await backend.call(
                .post, "/workflows/lora/runs", ["lora": .string(value)], headers: [.prefer: "wait=60"])
            #expect(answer.json["status"] == "done", "\(answer.json)")
            #expect(pod.posts.last?.params["lora"] == .string(value))
        }
    }

    @LoopActor
    @Test(arguments: [
        "http://example.com/a?token=geheim", "https://10.0.0.1/a?token=geheim", "https://[::1]/a?geheim",
        "https://me:geheim@example.com/a", "ftp://example.com/geheim?geheim", "../a.safetensors",
    ])
    func `what may not be asked is a fault of its field, and no query is repeated`(value: String) async throws {
        try await withLoras { backend, pod in
            let run = try await backend.call(.post, "/workflows/lora/runs", ["lora": .string(value)])
            #expect(run.status == 422)
            #expect(run.places == [#"["body","lora"]"#])
            let task = try await backend.generate(["mode": "lora", "extra_params": ["lora": .string(value)]])
            #expect(task.places == [#"["body","extra_params","lora"]"#])
            #expect(!run.json.text.contains("?") && !run.json.text.contains("token"))
            #expect(!run.json.text.contains("me:geheim"))
            #expect(pod.posts.isEmpty)
        }
    }

    @LoopActor @Test func `a setting lets private addresses through`() async throws {
        try await withLoras(["ALLOW_PRIVATE_MODEL_URLS": "1"]) { backend, pod in
            let answer = try await backend.call(
                .post, "/workflows/lora/runs", ["lora": "http://127.0.0.1:1/a"], headers: [.prefer: "wait=60"])
            #expect(answer.json["status"] == "done", "\(answer.json)")
        }
    }
}

import Crypto
import HTTPTypes
import Images
import JSONText
import Loop
import ProviderEmulators
import TestSupport
import Testing
import Wire
import Workflows

@testable import BackendAPI

/// The photo tools and text routes (contract 4).
@Suite struct PhotoToolTests {
    init() { startLoop() }

    private static func photo() throws -> JSON { .string(Base64.encode(try Samples.png())) }

    private static func attempts(_ answer: JSON) -> [String] {
        (answer["attempts"]?.array ?? []).map { "\($0["source"]?.string ?? ""): \($0["error"]?.string ?? "")" }
    }

    @Test func `each route's schema can be read`() {
        for tool in PhotoTool.all { #expect(!tool.parameters.parameters.isEmpty, "\(tool.path)") }
    }

    @LoopActor @Test func `the GPU service comes first, and pays nobody`() async throws {
        try await withProducts { bench in
            let answer = try await bench.backend.call(
                .post, "/api/ai/hd-image", ["image": try Self.photo(), "scale": 2])
            #expect(answer.status == 200, "\(answer.json)")
            #expect(answer.json["success"] == true)
            #expect(answer.json["source"] == "comfyui")
            #expect(answer.json["image"]?.string?.hasPrefix("data:image/png;base64,") == true)
            #expect(bench.pod.posts.map(\.workflow) == ["hd_image"])
            #expect(bench.pod.posts.first?.params["scale"] == 2)
            #expect(bench.replicate.core.taken == 0)
            // The step is in no list; the task is.
            let tasks = try await bench.backend.call(.get, "/tasks").json["tasks"]?.array ?? []
            #expect(tasks.compactMap { $0["mode"]?.string } == ["hd_image"])
            #expect(tasks.first?["source"] == "comfyui")
        }
    }

    @LoopActor @Test func `what ComfyUI is not ready for is done by the next, with the same body`() async throws {
        try await withProducts { bench in
            let answer = try await bench.backend.call(.post, "/api/ai/fix-old-photo", ["image": try Self.photo()])
            #expect(answer.status == 200, "\(answer.json)")
            #expect(answer.json["source"] == "replicate")
            #expect(Self.attempts(answer.json) == ["comfyui: not ready"])
            #expect(bench.replicate.core.paid == 1)
            #expect(bench.replicate.core.lastInput.contains(#""version":"v1.3""#))
            let data = try #require(answer.json["image"]?.string?.split(separator: ",").last.map(String.init))
            #expect(ImageFormat(sniffing: try #require(Base64.decode(data))) != nil)
            #expect(bench.folder.files(in: "spool").isEmpty)
            let metrics = try await bench.backend.call(.get, "/metrics")
            let text = String(decoding: metrics.bytes, as: UTF8.self)
            #expect(
                text.contains(
                    #"generation_requests_total{workflow="fix_old_photo",status="done",source="replicate"} 1"#))
            #expect(text.contains(#"provider_cost_dollars_total{provider="replicate"} 0.005"#))
            #expect(text.contains(#"inference_time_seconds_count{workflow="fix_old_photo",source="replicate"} 1"#))
            #expect(text.contains(#"provider_breaker_state{provider="replicate"} 0"#))
        }
    }

    @LoopActor @Test func `a failing GPU service is followed by the next provider`() async throws {
        try await withProducts { bench in
            bench.pod.steps = [.failure(GenerationFailure(.input, "It cannot."))]
            let answer = try await bench.backend.call(.post, "/api/ai/hd-image", ["image": try Self.photo()])
            #expect(answer.json["source"] == "replicate", "\(answer.json)")
            #expect(Self.attempts(answer.json).first?.hasPrefix("comfyui: ") == true)
        }
    }

    @LoopActor @Test func `when all fail, the answer says what each did`() async throws {
        try await withProducts(["PROVIDERS_HD_IMAGE": "replicate,huggingface", "HUGGINGFACE_TOKEN": ""]) { bench in
            bench.replicate.core.plan.set(.failed, times: 9)
            let answer = try await bench.backend.call(.post, "/api/ai/hd-image", ["image": try Self.photo()])
            #expect(answer.status == 502)
            #expect(answer.json["success"] == false)
            let attempts = Self.attempts(answer.json)
            #expect(attempts.count == 2, "\(attempts)")
            #expect(attempts.last == "huggingface: not configured")
        }
    }

    @LoopActor @Test func `an unsafe result ends the chain with 3001`() async throws {
        try await withProducts(["PROVIDERS_HD_IMAGE": "replicate,huggingface"]) { bench in
            bench.replicate.core.plan.set(.unsafe, times: 9)
            let answer = try await bench.backend.call(.post, "/api/ai/hd-image", ["image": try Self.photo()])
            #expect(answer.status == 422)
            #expect(answer.json["code"] == 3001)
            #expect(bench.huggingFace.core.taken == 0)
        }
    }

    @LoopActor @Test func `texts are written, pictures made of texts`() async throws {
        try await withProducts(["PROVIDERS_TEXT_TO_IMAGE": "huggingface"]) { bench in
            let text = try await bench.backend.call(.post, "/api/huggingface/text-generation", ["prompt": "Once"])
            #expect(text.status == 200, "\(text.json)")
            #expect(text.json["text"]?.string?.isEmpty == false)
            #expect(text.json["image"] == nil)
            let picture = try await bench.backend.call(.post, "/api/huggingface/text-to-image", ["prompt": "a cat"])
            #expect(picture.json["source"] == "huggingface", "\(picture.json)")
        }
    }

    @LoopActor @Test func `wrong fields and refused wishes cost nothing`() async throws {
        try await withProducts { bench in
            let wrong = try await bench.backend.call(
                .post, "/api/ai/hd-image", ["image": "no picture", "scale": 3, "colour": 1])
            #expect(wrong.status == 422)
            #expect(Set(wrong.places) == [#"["body","image"]"#, #"["body","scale"]"#, #"["body","colour"]"#])
            let refused = try await bench.backend.call(
                .post, "/api/ai/cartoonify", ["image": try Self.photo(), "style": "naked"])
            #expect(refused.status == 422)
            #expect(refused.json["code"] == 3001)
            #expect(bench.pod.posts.isEmpty)
            #expect(bench.replicate.core.taken == 0)
        }
    }

    @LoopActor @Test func `those that wait for a provider count against the limit of waiting tasks`() async throws {
        try await withProducts(["PROVIDERS_HD_IMAGE": "replicate", "MAX_WAIT": "0", "MAX_QUEUED_TASKS": "3"]) {
            bench in
            bench.replicate.core.plan.set(.neverEnds, times: 1_000_000)
            var statuses: [Int] = []
            let photo = try Self.photo()
            for _ in 0..<68 {
                statuses.append(try await bench.backend.call(.post, "/api/ai/hd-image", ["image": photo]).status)
            }
            // 64 run at once.
            #expect(statuses.prefix(67).allSatisfy { $0 == 202 })
            #expect(statuses.last == 429)
        }
    }

    @LoopActor @Test func `cancelled while its request is on the way, its step in the queue is called off too`()
        async throws
    {
        try await withProducts(["PROVIDERS_HD_IMAGE": "comfyui", "MAX_WAIT": "0"]) { bench in
            bench.pod.steps = [.held(LoopEvent())]
            let answer = try await bench.backend.call(.post, "/api/ai/hd-image", ["image": try Self.photo()])
            let id = try #require(answer.json["task_id"]?.string)
            try await until { bench.pod.posts.count == 1 }
            // As a death between sending and noting what was taken.
            try await bench.restart {
                try ProductBench.edit(
                    $0,
                    """
                    UPDATE tasks SET cancelling = 1, errand = json_set(errand, '$.record.ticket.request_id', NULL)
                    WHERE parent IS NULL
                    """)
            }
            #expect(try await bench.backend.end(of: id)["status"] == "cancelled")
            try await until { bench.pod.cancelled.count == 1 }
        }
    }

    @LoopActor @Test func `cancelled, it is called off at the provider`() async throws {
        try await withProducts(["PROVIDERS_HD_IMAGE": "replicate", "MAX_WAIT": "0"]) { bench in
            bench.replicate.core.plan.set(.neverEnds, times: 1000)
            let answer = try await bench.backend.call(.post, "/api/ai/hd-image", ["image": try Self.photo()])
            let id = try #require(answer.json["task_id"]?.string)
            try await until { bench.replicate.core.taken == 1 }
            let cancelled = try await bench.backend.call(.delete, "/tasks/\(id)")
            #expect(cancelled.json["status"] == "cancelled", "\(cancelled.json)")
            #expect(bench.replicate.core.cancelled == 1)
        }
    }

    @LoopActor @Test func `one key is one request`() async throws {
        try await withProducts(["PROVIDERS_HD_IMAGE": "replicate"]) { bench in
            let body: JSON = ["image": try Self.photo()]
            let headers: HTTPFields = [.idempotencyKey: "once"]
            let first = try await bench.backend.call(.post, "/api/ai/hd-image", body, headers: headers)
            let second = try await bench.backend.call(.post, "/api/ai/hd-image", body, headers: headers)
            #expect(first.json == second.json)
            #expect(second.headers[.idempotentReplayed] == "true")
            #expect(bench.replicate.core.paid == 1)
        }
    }
}

import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Outbound
import ProviderEmulators
import TestSupport
import Testing
import Wire

@testable import BackendAPI

/// Portraits that keep the face (contract 2).
@Suite struct PortraitTests {
    init() { startLoop() }

    static func body(_ more: JSONObject = [:]) throws -> JSON {
        let face: JSON = .string(Base64.encode(try Samples.png()))
        return .object(
            (["identity_packet": ["face_images": [face]], "master_prompt": "a knight"] as JSONObject).merging(more))
    }

    @LoopActor @Test func `a portrait is made, and its skin gone over`() async throws {
        try await withProducts { bench in
            let answer = try await bench.backend.call(
                .post, "/api/generate",
                try Self.body([
                    "seed": .unsigned(.max),
                    "lighting_params": ["direction": "side", "ambient": "blue_night", "temperature": 3000],
                ]))
            #expect(answer.status == 200, "\(answer.json)")
            #expect(answer.json["success"] == true)
            #expect(answer.json["model_version"] == "flux-schnell")
            #expect(answer.json["seed"] == .unsigned(.max))
            #expect(bench.pod.posts.map(\.workflow) == ["identity_speed", "harmonize"])
            let first = try #require(bench.pod.posts.first?.params)
            #expect(first["prompt"] == "a knight, side lighting, blue night ambience, warm light (3000 K)")
            #expect(first["steps"] == 4)
            #expect(first["guidance"] == 3.5)
            #expect(first["fidelity_weight"] == 0.85)
            #expect(bench.pod.posts.last?.params["denoise"] == 0.4)
            let url = try #require(answer.json["image_url"]?.string)
            #expect(try await bench.backend.call(.get, url).status == 200)
        }
    }

    @LoopActor @Test func `the mode chooses model, steps and guidance, and harmonising can be left out`() async throws {
        try await withProducts { bench in
            let answer = try await bench.backend.call(
                .post, "/api/generate", try Self.body(["mode": "quality", "enable_harmonization": false]))
            #expect(answer.json["model_version"] == "flux-dev")
            #expect(bench.pod.posts.map(\.workflow) == ["identity_quality"])
            #expect(bench.pod.posts.first?.params["steps"] == 30)
        }
    }

    @LoopActor @Test func `a finishing pass that fails leaves the picture, and says so`() async throws {
        try await withProducts { bench in
            bench.pod.steps = [.result, .failure(GenerationFailure(.input, "It cannot."))]
            let answer = try await bench.backend.call(.post, "/api/generate", try Self.body())
            #expect(answer.status == 200, "\(answer.json)")
            #expect(answer.json["warnings"]?[0]?.string?.contains("finishing pass") == true)
        }
    }

    @LoopActor @Test func `faults stand where the client finds them, all at once`() async throws {
        try await withProducts { bench in
            let answer = try await bench.backend.call(
                .post, "/api/generate",
                [
                    "identity_packet": ["face_images": ["no picture"], "fidelity_weight": 0.5], "mode": "fast",
                    "denoising_strength": 0.9, "lighting_params": ["temperature": 99], "seed": -1,
                ])
            #expect(answer.status == 422)
            #expect(
                Set(answer.places) == [
                    #"["body","identity_packet","face_images",0]"#, #"["body","identity_packet","fidelity_weight"]"#,
                    #"["body","mode"]"#, #"["body","denoising_strength"]"#,
                    #"["body","lighting_params","temperature"]"#,
                    #"["body","seed"]"#, #"["body","master_prompt"]"#,
                ])
            let none = try await bench.backend.call(.post, "/api/generate", ["master_prompt": "x"])
            #expect(none.places.contains(#"["body","identity_packet"]"#), "\(none.json)")
        }
    }

    @LoopActor @Test func `what the policy refuses is told in the user's language`() async throws {
        try await withProducts { bench in
            for (accept, language) in [
                ("tr-TR,tr;q=0.9,en;q=0.5", "tr"), ("vi", "vi"), ("fr, en;q=0.1", "en"), ("de", "en"),
                ("en;q=0.2, vi;q=0.7", "vi"),
            ] {
                let answer = try await bench.backend.call(
                    .post, "/api/generate", try Self.body(["master_prompt": "undress her"]),
                    headers: [.acceptLanguage: accept])
                #expect(answer.status == 422)
                #expect(answer.json["error"]?["code"] == 3001)
                #expect(answer.json["error"]?["retry"] == false)
                let words = PortraitError.refused.words(in: PortraitError.Language(rawValue: language) ?? .english)
                #expect(answer.json["error"]?["message"]?.string == words.message)
                #expect(answer.headers[.contentLanguage] == language)
            }
        }
    }

    @Test func `every code has its words in every language`() {
        for error in PortraitError.allCases {
            for language in PortraitError.Language.allCases {
                #expect(PortraitError.catalogue[error]?[language] != nil, "\(error) \(language)")
            }
        }
    }

    @LoopActor @Test(arguments: [(1001, false), (1002, true)])
    func `a photo that will not do costs nothing`(_ code: Int, _ mayRetry: Bool) async throws {
        try await withProducts(["API_PROVIDER": "comfyui,fal"]) { bench in
            bench.pod.inspection = ["ok": false, "code": JSON(code), "faces": [], "reasons": ["no_face"]]
            let answer = try await bench.backend.call(.post, "/api/generate", try Self.body())
            #expect(answer.status == 422, "\(answer.json)")
            #expect(answer.json["success"] == false)
            #expect(answer.json["error"]?["code"] == JSON(code))
            #expect(answer.json["error"]?["retry"] == .bool(mayRetry))
            #expect(bench.pod.inspected.count == 1)
            #expect(bench.pod.posts.isEmpty && bench.fal.core.taken == 0)
            #expect(try await bench.backend.call(.get, "/tasks").json["tasks"] == [])
        }
    }

    @LoopActor @Test func `too many photos to look at is a matter of waiting, not of looking away`() async throws {
        try await withProducts { bench in
            bench.pod.busyInspections = 2
            let answer = try await bench.backend.call(.post, "/api/generate", try Self.body())
            #expect(answer.status == 200, "\(answer.json)")
            #expect(bench.pod.inspected.count == 1)
            bench.pod.busyInspections = 99
            let busy = try await bench.backend.call(.post, "/api/generate", try Self.body())
            #expect(busy.status == 429, "\(busy.json)")
            #expect(busy.json["error"]?["code"] == 2002)
        }
    }

    @LoopActor @Test func `where nobody can look, a portrait is refused, or says so`() async throws {
        for (order, status) in [("comfyui", 502), ("comfyui,fal", 200)] {
            try await withProducts(["API_PROVIDER": order]) { bench in
                await bench.pod.kill()
                try await until {
                    try await bench.backend.call(.get, "/health").json["gpu_available"] == false
                }
                let answer = try await bench.backend.call(
                    .post, "/api/generate", try Self.body(["enable_harmonization": false]))
                #expect(answer.status == status, "\(answer.json)")
                if status == 200 {
                    #expect(
                        answer.json["warnings"]?.array?.contains { $0.string?.contains("not looked at") == true }
                            == true)
                } else {
                    #expect(answer.json["error"]?["code"] == 4001)
                    #expect(try await bench.backend.call(.get, "/tasks").json["tasks"] == [])
                }
            }
        }
    }

    @LoopActor
    @Test(
        arguments: [
            ["lighting_params": ["direction": "nude"]], ["lighting_params": ["ambient": "she is naked"]],
            ["identity_packet": ["face_images": [], "outfit": "undressed"]],
            ["identity_packet": ["face_images": [], "wishes": [["more": ["topless"]]]]],
        ] as [JSONObject])
    func `words anywhere in the request are judged`(_ more: JSONObject) async throws {
        try await withProducts { bench in
            var body = try Self.body(more)
            if let packet = more["identity_packet"] {
                let face: JSON = .string(Base64.encode(try Samples.png()))
                body = .object(
                    (body.object ?? [:]).merging([
                        "identity_packet": .object((packet.object ?? [:]).merging(["face_images": [face]]))
                    ]))
            }
            let answer = try await bench.backend.call(.post, "/api/generate", body)
            #expect(answer.status == 422, "\(answer.json)")
            #expect(answer.json["error"]?["code"] == 3001)
            #expect(bench.pod.posts.isEmpty && bench.pod.inspected.isEmpty)
        }
    }

    /// One string that is long, and many that are short.
    @LoopActor
    @Test(
        arguments: [
            ["x": .string(String(repeating: "naked eye ", count: 2000))],
            ["x": .array(Array(repeating: .string(String(repeating: "naked eye ", count: 100)), count: 20))],
            ["x": ["y": .object(JSONObject((0..<2000).map { (String($0), .array([])) }))]],
        ] as [JSONObject])
    func `what is not Easel's has a limit`(_ more: JSONObject) async throws {
        try await withProducts { bench in
            var body = try Self.body().object ?? [:]
            body["identity_packet"] = .object((body["identity_packet"]?.object ?? [:]).merging(more))
            let answer = try await bench.backend.call(.post, "/api/generate", .object(body))
            #expect(answer.status == 422)
            #expect(answer.places == [#"["body","identity_packet"]"#], "\(answer.json)")
            #expect(answer.json["detail"]?[0]?["msg"]?.string?.contains("16 KB") == true)
            #expect(answer.bytes.count < 1000 && bench.pod.posts.isEmpty)
        }
    }

    @LoopActor @Test func `guessing the route's key is counted too`() async throws {
        try await withProducts(["SERVER_API_KEY": "geheim", "RATE_LIMIT": "2/min"]) { bench in
            let (body, wrong) = (try Self.body(), [.xAPIKey: "geheiM"] as HTTPFields)
            for status in [403, 403, 429, 429] {
                let answer = try await bench.backend.call(.post, "/api/generate", body, headers: wrong)
                #expect(answer.status == status, "\(answer.json)")
                #expect((answer.headers[.retryAfter] != nil) == (status == 429))
                if status == 429 { #expect(answer.json["error"]?["code"] == 2002) }
            }
            let right = try await bench.backend.call(.post, "/api/generate", body, headers: [.xAPIKey: "geheim"])
            #expect(right.status == 429)
        }
    }

    @LoopActor @Test func `a key guards the route`() async throws {
        try await withProducts(["SERVER_API_KEY": "geheim"]) { bench in
            let body = try Self.body()
            #expect(try await bench.backend.call(.post, "/api/generate", body).status == 403)
            let wrong: HTTPFields = [.xAPIKey: "geheiM"]
            #expect(try await bench.backend.call(.post, "/api/generate", body, headers: wrong).status == 403)
            let right: HTTPFields = [.xAPIKey: "geheim"]
            #expect(try await bench.backend.call(.post, "/api/generate", body, headers: right).status == 200)
        }
    }

    @LoopActor @Test func `nobody has to wait`() async throws {
        try await withProducts { bench in
            for (path, headers) in [
                ("/api/generate?async=true", [:]), ("/api/generate", [.prefer: "respond-async"]),
            ] as [(String, HTTPFields)] {
                let answer = try await bench.backend.call(.post, path, try Self.body(), headers: headers)
                #expect(answer.status == 202)
                let task = try await bench.backend.end(of: try #require(answer.json["task_id"]?.string))
                #expect(task["status"] == "done", "\(task)")
            }
        }
    }

    @LoopActor
    @Test(arguments: [
        (ProviderFault.rateLimitedSilently, 429, 2002), (.unsafe, 422, 3001), (.failed, 502, 4001),
        (.unauthorized, 502, 4001),
    ])
    func `a provider's failure has its code`(_ fault: ProviderFault, _ status: Int, _ code: Int) async throws {
        try await withProducts(["API_PROVIDER": "fal"]) { bench in
            bench.fal.core.plan.set(fault, times: 99)
            let answer = try await bench.backend.call(.post, "/api/generate", try Self.body())
            #expect(answer.status == status, "\(answer.json)")
            #expect(answer.json["error"]?["code"] == JSON(code))
            #expect((answer.headers[.retryAfter] != nil) == (code == 2002))
        }
    }

    @LoopActor @Test func `killed in its finishing pass, it is finished and not made again`() async throws {
        try await withProducts(["API_PROVIDER": "fal"]) { bench in
            bench.pod.steps = [.held(LoopEvent())]
            let answer = try await bench.backend.call(.post, "/api/generate?async=true", try Self.body())
            let id = try #require(answer.json["task_id"]?.string)
            try await until { bench.pod.posts.count == 1 }
            try await bench.restart()
            let task = try await bench.backend.end(of: id)
            #expect(task["status"] == "done", "\(task)")
            #expect(bench.fal.core.taken == 1)
            #expect(Set(bench.pod.posts.map(\.taskID)).count == 1)
            #expect(task["source"] == "fal")
            #expect(task["warnings"] == [], "it has had its finishing pass")
        }
    }
}

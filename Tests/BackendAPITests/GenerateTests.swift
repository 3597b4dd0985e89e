import Crypto
import HTTPTypes
import Images
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct GenerateTests {
    init() { startLoop() }

    @LoopActor @Test func `a prompt becomes a picture`() async throws {
        try await withBackend { backend, pod, _ in
            let answer = try await backend.generate(
                ["mode": "paint", "prompt": "a cat", "extra_params": ["seed": .unsigned(.max), "steps": 7]],
                headers: [.prefer: "wait=60"])
            #expect(answer.status == 200)
            #expect(answer.headers[.preferenceApplied] == "wait=60")
            #expect(answer.json["status"] == "done")
            #expect(answer.json["error"] == .null)
            #expect(answer.json.object?.count == 4)
            let picture = try #require(answer.json["image"]?.string.flatMap { Base64.decode($0) })
            #expect(try Raster.decode(picture) == Samples.raster())
            let post = try #require(pod.posts.first)
            #expect(post.params["seed"] == .unsigned(18_446_744_073_709_551_615))
            #expect(post.params["steps"] == 7)
            #expect(post.params["prompt"] == "a cat")
            #expect(post.params["negative_prompt"] == "bad")
            #expect((post.workflow, post.version, post.attempt) == ("paint", "v1", 1))
            let task = try await backend.task(post.taskID)
            #expect(task["seed"] == .unsigned(18_446_744_073_709_551_615))
            #expect(task["progress"] == 1.0)
            #expect(task["attempts"] == 1)
            #expect(task["queue_position"] == .null)
            #expect(task["warnings"] == [])
        }
    }

    @LoopActor @Test func `a seed that was not given is drawn, used and told`() async throws {
        try await withBackend { backend, pod, _ in
            let task = try await backend.end(of: try await backend.submit())
            let seed = try #require(task["seed"]?.uint64)
            #expect(pod.posts.first?.params["seed"]?.uint64 == seed)
        }
    }

    @LoopActor @Test func `free is free_generation, and a style frames the prompt`() async throws {
        try await withBackend { backend, pod, _ in
            let id = try await backend.submit(["mode": "free", "prompt": "a cat", "style": "film"])
            #expect(try await backend.end(of: id)["mode"] == "free_generation")
            #expect(pod.posts.first?.workflow == "free_generation")
            #expect(pod.posts.first?.params["prompt"] == "film still, a cat")
            #expect(pod.posts.first?.params["negative_prompt"]?.string?.contains("blur") == true)
        }
    }

    // MARK: Pictures

    @LoopActor @Test func `pictures short and long reach the GPU service byte for byte`() async throws {
        try await withBackend { backend, pod, folder in
            for bytes in [try Samples.png(), try Samples.noise(width: 160, height: 120)] {
                let id = try await backend.submit(
                    ["mode": "invert", "target_image": .string("data:image/png;base64," + Base64.encode(bytes))])
                #expect(try await backend.end(of: id)["status"] == "done")
                let hash = try #require(pod.posts.last?.params["image"]?["input"]?.string)
                #expect(try Raster.decode(try #require(pod.inputs[hash])) == Raster.decode(bytes))
            }
            #expect(folder.files(in: "spool").isEmpty)
        }
    }

    @LoopActor @Test func `the same picture is sent once, and again when the GPU service forgot it`() async throws {
        try await withBackend { backend, pod, _ in
            let body: JSON = ["mode": "invert", "face_images": [.string(Base64.encode(try Samples.png()))]]
            #expect(try await backend.end(of: try await backend.submit(body))["status"] == "done")
            pod.forgetInputs()
            #expect(try await backend.end(of: try await backend.submit(body))["status"] == "done")
            #expect(pod.posts.map { $0.params["image"] }.count == 2)
            #expect(pod.inputs.count == 1)
        }
    }

    @LoopActor @Test func `pictures that the workflow has no place for are told`() async throws {
        try await withBackend { backend, _, _ in
            let picture = JSON.string(Base64.encode(try Samples.png()))
            let task = try await backend.end(
                of: try await backend.submit([
                    "mode": "paint", "prompt": "p", "target_image": picture, "face_images": [picture],
                ]))
            #expect(task["status"] == "done")
            let warning = task["warnings"]?[0]?.string ?? ""
            #expect(warning.contains("target_image") && warning.contains("face_images[0]"))
        }
    }

    // MARK: Faults

    @LoopActor @Test func `every fault is told at once, in FastAPI's shape`() async throws {
        try await withBackend { backend, pod, _ in
            let png = JSON.string(Base64.encode(try Samples.png()))
            let answer = try await backend.generate([
                "mode": "paint", "style": "nope",
                "face_images": [png, "!!!", .string(Base64.encode(Array("<html></html>".utf8))), 7, png, png],
                "target_image": "data:image/png,abc", "priority": "urgent", "output_format": "bmp", "quality": 0,
                "previews": "yes", "keep_metadata": 1, "extra_params": ["steps": 1000, "colour": "red", "seed": -1],
            ])
            #expect(answer.status == 422)
            #expect(
                Set(answer.places) == [
                    #"["body","prompt"]"#, #"["body","style"]"#, #"["body","face_images"]"#,
                    #"["body","face_images",1]"#,
                    #"["body","face_images",2]"#, #"["body","face_images",3]"#, #"["body","target_image"]"#,
                    #"["body","priority"]"#, #"["body","output_format"]"#, #"["body","quality"]"#,
                    #"["body","previews"]"#,
                    #"["body","keep_metadata"]"#, #"["body","extra_params","steps"]"#,
                    #"["body","extra_params","colour"]"#,
                    #"["body","extra_params","seed"]"#,
                ])
            for fault in answer.json["detail"]?.array ?? [] {
                #expect(Set(fault.object?.map(\.key) ?? []) == ["type", "loc", "msg", "input"])
            }
            #expect(pod.posts.isEmpty)
        }
    }

    @LoopActor @Test func `an input in a fault is cut to a hundred characters`() async throws {
        try await withBackend(settings: ["MAX_IMAGE_SIZE_MB": "1"]) { backend, _, folder in
            let tooLarge = Base64.encode([UInt8](repeating: 65, count: (1 << 20) + 1))
            let answer = try await backend.generate([
                "mode": "invert", "target_image": .string(tooLarge),
                "face_images": [.string(String(repeating: "?", count: 20_000))],
            ])
            #expect(answer.status == 422)
            #expect(Set(answer.places) == [#"["body","target_image"]"#, #"["body","face_images",0]"#])
            let inputs = (answer.json["detail"]?.array ?? []).compactMap { $0["input"]?.string }
            #expect(Set(inputs) == [String(tooLarge.prefix(100)), String(repeating: "?", count: 100)])
            #expect(answer.json.text.contains("over the limit of 1 MB"))
            #expect(folder.files(in: "spool").isEmpty)
            #expect(folder.files(in: "inputs").isEmpty)
        }
    }

    @LoopActor @Test(arguments: ["{", "", "{\"mode\":\"paint\"} x", "{\"quality\":NaN}", "\u{1}"])
    func `what is no JSON is one fault`(_ text: String) async throws {
        try await withBackend { backend, _, _ in
            let response = try await backend.send(.post, "/generate", body: .bytes(Array(text.utf8)))
            #expect(response.status == 422)
            let detail = try JSON(parsing: try await response.collect())["detail"]
            #expect(detail?.array?.count == 1)
            #expect(detail?[0]?["type"] == "json_invalid")
        }
    }

    @LoopActor @Test func `an unknown mode is a fault of mode, and a missing one too`() async throws {
        try await withBackend { backend, _, _ in
            #expect(try await backend.generate(["mode": "nope"]).places == [#"["body","mode"]"#])
            let missing = try await backend.generate(["mode": .null])
            #expect(missing.json["detail"]?[0]?["type"] == "missing")
        }
    }

    @LoopActor @Test func `a workflow that cannot run is 503 with its reason, after its faults`() async throws {
        try await withBackend { backend, _, _ in
            #expect(try await backend.generate(["mode": "broken"]).status == 422)
            let answer = try await backend.generate(["mode": "broken", "prompt": "p"])
            #expect(answer.status == 503)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.json["detail"]?.string?.contains("flux.safetensors is missing") == true)
        }
    }

    @LoopActor @Test func `a body over the limit is refused before it was sent`() async throws {
        try await withBackend(settings: ["MAX_BODY_MB": "1"]) { backend, _, _ in
            var sent = 0
            let response = try await backend.send(
                .post, "/generate",
                body: .stream(length: 64 << 20) {
                    guard sent < 64 << 20 else { return nil }
                    sent += 65_536
                    return [UInt8](repeating: 0x20, count: 65_536)
                })
            #expect(response.status == 413)
            #expect(sent < 64 << 20)
        }
    }

    @LoopActor @Test func `more than may wait is 429`() async throws {
        try await withBackend(settings: ["MAX_QUEUED_TASKS": "2"]) { backend, pod, _ in
            pod.comfyIsThere = false
            try await until { try await backend.queuedAndNotTaken() }
            let answer = try await backend.generate(["mode": "paint", "prompt": "p"])
            #expect(answer.status == 429)
            #expect(answer.headers[.retryAfter] != nil)
        }
    }

    // MARK: What comes back

    @LoopActor @Test func `the picture is converted, and its metadata goes unless it is asked for`() async throws {
        try await withBackend { backend, pod, _ in
            let texts = [PNGText(keyword: "prompt", text: "secret graph")]
            pod.results = [(try Samples.raster().encodePNG(texts: texts), "image/png")]
            func result(_ more: JSONObject) async throws -> [UInt8] {
                var body: JSONObject = ["mode": "paint", "prompt": "p"]
                for (name, value) in more { body[name] = value }
                let task = try await backend.end(of: try await backend.submit(.object(body)))
                return try await backend.call(.get, try #require(task["images"]?[0]?.string)).bytes
            }
            #expect(try PNGChunks(try await result([:])).texts.isEmpty)
            #expect(try PNGChunks(try await result(["keep_metadata": true])).texts == texts)
            #expect(ImageFormat(sniffing: try await result(["output_format": "jpeg"])) == .jpeg)
            let (poor, rich) = (
                try await result(["output_format": "webp", "quality": 5]),
                try await result(["output_format": "webp", "quality": 100])
            )
            #expect(ImageFormat(sniffing: poor) == .webp)
            #expect(poor.count < rich.count)
        }
    }

    @LoopActor @Test func `what is no picture keeps its bytes`() async throws {
        try await withBackend { backend, pod, _ in
            let film = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 9) }
            pod.results = [(film, "video/mp4")]
            let task = try await backend.end(of: try await backend.submit())
            let answer = try await backend.call(.get, try #require(task["images"]?[0]?.string))
            #expect(answer.bytes == film)
            #expect(answer.headers[.contentType] == "video/mp4")
        }
    }
}

extension RunningBackend {
    /// Submits until one task waits and is not taken any more; whether so.
    fileprivate func queuedAndNotTaken() async throws -> Bool {
        let answer = try await generate(["mode": "paint", "prompt": "p"])
        return answer.status == 429
    }
}

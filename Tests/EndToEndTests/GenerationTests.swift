import Crypto
import HTTPTypes
import Images
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

/// What a client gets over :8000, through both services and the sandbox.
@Suite(.serialized) struct GenerationTests {
    init() { startLoop() }

    @Test @LoopActor func `pictures, seeds, faults and limits`() async throws {
        let easel = try Installation()
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        try await aPhotoComesBackInverted(easel)
        try await theLargestSeedComesBack(easel)
        try await everyFaultIsNamedAtOnce(easel)
        try await brokenBodiesAreRefused(easel)
        try await whatIsOverALimitIsRefused(easel)
        try await theEventsTellTheWholeLife(easel)
        try await anotherFormatIsMade(easel)
        try await unknownThingsAreNotFound(easel)
        await easel.remove()
    }

    @LoopActor private func aPhotoComesBackInverted(_ easel: Installation) async throws {
        let photo = try photo()
        let answer = try await easel.call(
            .post, "/generate",
            ["mode": "image_transform", "target_image": .string("data:image/png;base64,\(photo.base64)")],
            headers: [.prefer: "wait=60"])
        #expect(answer.status == 200)
        #expect(answer.headers[.preferenceApplied] == "wait=60")
        #expect(answer.json["status"] == "done", "\(answer.text)")
        let bytes = try #require(answer.json["image"]?.string.flatMap(Base64.decode))
        #expect(isInverted(try await offLoop { try Raster.decode(bytes) }, of: photo.raster))
        #expect(try PNGChunks(bytes).texts.isEmpty)

        let task = try await easel.task(try #require(answer.json["task_id"]?.string))
        let path = try #require(task["images"]?[0]?.string)
        let image = try await easel.call(.get, path)
        #expect(image.bytes == bytes)
        let again = try await easel.call(.get, path, headers: [.ifNoneMatch: image.headers[.eTag] ?? ""])
        #expect(again.status == 304)
        let part = try await easel.call(.get, path, headers: [.range: "bytes=1-3"])
        #expect(part.status == 206 && part.bytes == Array(bytes[1...3]))
        let beyond = try await easel.call(.get, path, headers: [.range: "bytes=999999999-"])
        #expect(beyond.status == 416)
    }

    @LoopActor private func theLargestSeedComesBack(_ easel: Installation) async throws {
        let id = try await easel.submit(
            [
                "mode": "free_generation", "prompt": "x",
                "extra_params": ["seed": .unsigned(.max), "width": 128, "height": 64],
            ])
        let task = try await easel.end(of: id)
        #expect(task["seed"]?.uint64 == .max)
        #expect(task.text.contains("18446744073709551615"))
        let picture = try await easel.picture(of: task)
        #expect(picture.width == 128 && picture.height == 64)
    }

    @LoopActor private func everyFaultIsNamedAtOnce(_ easel: Installation) async throws {
        let photo = try photo().base64
        let big = Base64.encode([UInt8](repeating: 7, count: 11 << 20))
        let body: JSON = [
            "mode": "nope", "prompt": 5, "target_image": .string(big), "priority": "soon", "quality": 0,
            "face_images": ["%%%", "aGVsbG8gd29ybGQ=", .string(photo), .string(photo), .string(photo), .string(photo)],
        ]
        let answer = try await easel.call(.post, "/generate", body)
        #expect(answer.status == 422)
        let places = answer.json["detail"]?.array?.compactMap {
            $0["loc"]?.array?.dropFirst().map(\.text).joined(separator: ".")
        }
        for place in [
            "\"mode\"", "\"prompt\"", "\"target_image\"", "\"priority\"", "\"quality\"", "\"face_images\"",
            "\"face_images\".0", "\"face_images\".1",
        ] {
            #expect(places?.contains(place) == true, "\(place) in \(places ?? [])")
        }
        for fault in answer.json["detail"]?.array ?? [] { #expect((fault["input"]?.string?.count ?? 0) <= 101) }

        let missing = try await easel.call(
            .post, "/generate", ["mode": "free", "extra_params": ["stepz": 3, "steps": "4"]])
        #expect(missing.status == 422)
        let types = missing.json["detail"]?.array?.compactMap { $0["type"]?.string } ?? []
        #expect(Set(types) == ["missing", "extra_forbidden", "int_type"])
    }

    @LoopActor private func brokenBodiesAreRefused(_ easel: Installation) async throws {
        for text in ["", "{", "nonsense", "{\"mode\": NaN}"] {
            let request = try await easel.raw(.post, "/generate", Array(text.utf8))
            #expect(request.status == 422)
            #expect(request.json["detail"]?[0]?["type"] == "json_invalid", "\(text)")
        }
    }

    @LoopActor private func whatIsOverALimitIsRefused(_ easel: Installation) async throws {
        let tooLarge = try await easel.raw(.post, "/generate", [UInt8](repeating: 0x20, count: (96 << 20) + 1))
        #expect(tooLarge.status == 413)
        #expect(tooLarge.headers[.contentType] == "application/problem+json")
    }

    @LoopActor private func theEventsTellTheWholeLife(_ easel: Installation) async throws {
        let id = try await easel.submit(["mode": "free", "prompt": "y", "previews": true, "extra_params": ["steps": 6]])
        let stream = try await easel.call(.get, "/tasks/\(id)/events")
        #expect(stream.headers[.contentType] == "text/event-stream")
        let names = stream.text.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { $0.dropFirst(7) }
        #expect(names.first == "status" && names.last == "done")
        #expect(names.contains("progress"))
        #expect(names.contains("preview"))
        let again = try await easel.call(.get, "/tasks/\(id)/events", headers: [.lastEventID: "1000000000"])
        #expect(again.status == 204)
    }

    @LoopActor private func anotherFormatIsMade(_ easel: Installation) async throws {
        for (name, format) in [("jpeg", ImageFormat.jpeg), ("webp", .webp)] {
            let id = try await easel.submit([
                "mode": "free", "prompt": "z", "output_format": .string(name), "quality": 80,
            ])
            let path = try #require(try await easel.end(of: id)["images"]?[0]?.string)
            #expect(ImageFormat(sniffing: try await easel.call(.get, path).bytes) == format)
        }
    }

    @LoopActor private func unknownThingsAreNotFound(_ easel: Installation) async throws {
        for path in ["/tasks/nope", "/tasks/00000000-0000-4000-8000-000000000000", "/images/..%2f..%2fetc", "/nothing"]
        {
            let answer = try await easel.call(.get, path)
            #expect(answer.status == 404, "\(path)")
            #expect(answer.headers[.contentType] == "application/problem+json")
        }
        #expect(try await easel.call(.put, "/generate").headers[.allow] == "OPTIONS, POST")
    }
}

extension Installation {
    func raw(_ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]) async throws -> Answer {
        let response = try await http.send(
            .init(method: method, url: backendURL + path, body: .bytes(body), timeouts: .init(idle: .seconds(120))))
        return Answer(status: response.status, headers: response.headers, bytes: try await response.collect())
    }
}

extension HTTPField.Name {
    static let prefer = HTTPField.Name("Prefer")!
    static let preferenceApplied = HTTPField.Name("Preference-Applied")!
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}

import Crypto
import Foundation
import HTTPTypes
import Images
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

/// The products over :8000, through both services and the sandbox.
@Suite(.serialized) struct ProductTests {
    init() { startLoop() }

    private static func picture(_ name: String) throws -> [UInt8] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: tests.appending(path: "FacesTests/Pictures/\(name).jpg")))
    }

    @Test @LoopActor func `portraits and photo tools`() async throws {
        let easel = try Installation()
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        try await aFaceBecomesAPortrait(easel)
        try await aCatIsNoFace(easel)
        try await aPictureGrows(easel)
        try await aKillInTheMiddleLosesNothing(easel)
        await easel.remove()
    }

    @LoopActor private func portrait(_ easel: Installation, of name: String, _ path: String = "/api/generate")
        async throws -> Answer
    {
        let face: JSON = .string(Base64.encode(try Self.picture(name)))
        return try await easel.call(
            .post, path, ["identity_packet": ["face_image": face], "master_prompt": "a knight", "seed": 5])
    }

    @LoopActor private func aFaceBecomesAPortrait(_ easel: Installation) async throws {
        let answer = try await portrait(easel, of: "astronaut")
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.json["seed"] == 5)
        let image = try await easel.call(.get, try #require(answer.json["image_url"]?.string))
        let bytes = image.bytes
        let raster = try await offLoop { try Raster.decode(bytes) }
        #expect(raster.width > 0)
    }

    @LoopActor private func aCatIsNoFace(_ easel: Installation) async throws {
        let runs = try await easel.sandboxRuns().count
        let answer = try await portrait(easel, of: "chelsea")
        #expect(answer.status == 422, "\(answer.text)")
        #expect(answer.json["error"]?["code"] == 1001)
        #expect(try await easel.sandboxRuns().count == runs)
    }

    @LoopActor private func aPictureGrows(_ easel: Installation) async throws {
        let photo = try photo()
        for scale in [2, 4] {
            let answer = try await easel.call(
                .post, "/api/ai/hd-image", ["image": .string(photo.base64), "scale": JSON(scale)])
            #expect(answer.status == 200, "\(answer.text)")
            let data = try #require(answer.json["image"]?.string?.split(separator: ",").last.map(String.init))
            let bytes = try #require(Base64.decode(data))
            let raster = try await offLoop { try Raster.decode(bytes) }
            #expect(raster.width == photo.raster.width * scale)
            #expect(raster.height == photo.raster.height * scale)
        }
    }

    /// The portrait is at its first step or its second when the backend dies.
    @LoopActor private func aKillInTheMiddleLosesNothing(_ easel: Installation) async throws {
        let runs = try await easel.sandboxRuns().count
        let answer = try await portrait(easel, of: "astronaut", "/api/generate?async=true")
        #expect(answer.status == 202, "\(answer.text)")
        let id = try #require(answer.json["task_id"]?.string)
        try await until("the work has begun") { try await easel.sandboxRuns().count > runs }
        try await easel.signal(SIGKILL, "backend")
        #expect(try await easel.startup("--sandbox").status == 0)
        let task = try await easel.end(of: id)
        #expect(task["status"] == "done", "\(task)")
        #expect(try await easel.sandboxRuns().count == runs + 2)
    }
}

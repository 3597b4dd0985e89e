import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing
import Wire

@testable import BackendAPI

@Suite struct ServedFileTests {
    init() { startLoop() }

    @LoopActor @Test func `a result is served whole, in part, and not twice`() async throws {
        try await withBackend { backend, pod, _ in
            let film = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 7) }
            pod.results = [(film, "video/webm")]
            let task = try await backend.end(of: try await backend.submit())
            let path = try #require(task["images"]?[0]?.string)
            let whole = try await backend.call(.get, path)
            #expect(whole.status == 200)
            #expect(whole.bytes == film)
            #expect(whole.headers[.cacheControl]?.contains("immutable") == true)
            #expect(whole.headers[.contentLength] == "600000")
            let tag = try #require(whole.headers[.eTag])

            let head = try await backend.call(.head, path)
            #expect((head.status, head.bytes.count, head.headers[.contentLength]) == (200, 0, "600000"))

            let part = try await backend.call(.get, path, headers: [.range: "bytes=262000-262999"])
            #expect(part.status == 206)
            #expect(part.bytes == Array(film[262_000..<263_000]))
            #expect(part.headers[.contentRange] == "bytes 262000-262999/600000")

            let beyond = try await backend.call(.get, path, headers: [.range: "bytes=600000-"])
            #expect(beyond.status == 416)
            #expect(beyond.headers[.contentRange] == "bytes */600000")

            for value in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                let known = try await backend.call(.get, path, headers: [.ifNoneMatch: value])
                #expect(known.status == 304)
                #expect(known.bytes.isEmpty)
                #expect(known.headers[.eTag] == tag)
            }
            let other = try await backend.call(.get, path, headers: [.range: "bytes=0-1", .ifRange: "\"x\""])
            #expect(other.status == 200)
        }
    }

    @LoopActor
    @Test(arguments: [
        "/images/..%2feasel.db", "/images/x.png", "/images/%2e%2e", "/images/easel.db",
        "/images/" + String(repeating: "0", count: 64) + ".png",
    ])
    func `what is no plain name is 404`(_ path: String) async throws {
        try await withBackend { backend, _, _ in
            let answer = try await backend.call(.get, path)
            #expect(answer.status == 404)
        }
    }

    @Test(arguments: [
        "video/mp4", "video/webm", "video/x-matroska", "audio/flac", "audio/mpeg", "audio/wav", "audio/opus",
    ])
    func `a sound or film is served as what it was stored as`(_ type: String) throws {
        let folder = try TemporaryFolder()
        let (file, store) = (try SpoolFile(in: folder.path), FileStore(folder: folder.path + "/images"))
        try FileStore.makeFolder(folder.path + "/images")
        try file.append([1, 2, 3])
        let output = GenerationOutput(n: 0, node: "9", name: "x", kind: "audio", mime: type, size: 3)
        let name = try ResultFile.keep(file, of: output, .init(), in: store)
        #expect(FileStore.isName(name))
        #expect(ImageRoutes.mime(of: name) == type)
    }

    @LoopActor @Test func `a name with a zero octet is refused`() async throws {
        try await withBackend { backend, _, _ in
            let answer = try await backend.call(.get, "/images/a%00b.png")
            #expect(answer.status == 400)
        }
    }

    @LoopActor @Test func `workflows are told, the unready with its reasons`() async throws {
        try await withBackend { backend, _, _ in
            let all = try await backend.call(.get, "/workflows").json["workflows"]?.array ?? []
            #expect(
                all.compactMap { $0["name"]?.string } == ["broken", "free_generation", "invert", "paint", "portray"])
            let broken = try await backend.call(.get, "/workflows/broken")
            #expect(broken.status == 200)
            #expect(broken.json["ready"] == false)
            #expect(broken.json["reasons"] == ["The model flux.safetensors is missing."])
            #expect(broken.json["parameters"]?["additionalProperties"] == false)
            #expect(try await backend.call(.get, "/workflows/free").json["name"] == "free_generation")
            #expect(try await backend.call(.get, "/workflows/nope").status == 404)
            #expect(try await backend.call(.get, "/styles").json["styles"]?[0]?["name"] == "film")
        }
    }

    @LoopActor @Test func `health follows the GPU service, not its ComfyUI`() async throws {
        try await withBackend { backend, pod, _ in
            let healthy = try await backend.call(.get, "/health")
            #expect(
                healthy.json == ["status": "healthy", "gpu_available": true, "version": "1.0.0", "provider": "comfyui"])
            pod.comfyIsThere = false
            #expect(try await backend.call(.get, "/health").json["status"] == "healthy")
            pod.healthStatus = .serviceUnavailable
            try await until { try await backend.call(.get, "/health").json["status"] == "degraded" }
            #expect(try await backend.call(.get, "/health").json["gpu_available"] == false)
            pod.healthStatus = .ok
            try await backend.untilHealthy()
        }
    }
}

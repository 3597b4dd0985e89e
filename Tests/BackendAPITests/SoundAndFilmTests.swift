import Crypto
import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

@testable import BackendAPI

/// Sounds and films as inputs of a workflow.
@Suite struct SoundAndFilmTests {
    init() { startLoop() }

    private static let wav = Array("RIFF\u{24}\0\0\0WAVEfmt \u{10}\0\0\0".utf8) + [UInt8](repeating: 0, count: 20_000)
    private static let mp4 = [0, 0, 0, 20] + Array("ftypisom\0\0\0\0iso2".utf8) + [UInt8](repeating: 1, count: 100)

    @LoopActor
    private func withMedia(
        _ body: @LoopActor (RunningBackend, ScriptedGPUService, TemporaryFolder) async throws -> Void
    ) async throws {
        try await withBackend { backend, pod, folder in
            let parameters: JSON = [
                "type": "object", "required": ["audio"], "additionalProperties": false,
                "properties": [
                    "audio": ["type": "string", "format": "audio"], "video": ["type": "string", "format": "video"],
                ],
            ]
            pod.catalogue = [
                "workflows": [Samples.workflow("talk", "t1", parameters)], "styles": [], "capacity": 3,
            ]
            try await until { try await backend.call(.get, "/workflows/talk").status == 200 }
            try await body(backend, pod, folder)
        }
    }

    @LoopActor @Test func `they reach the GPU service byte for byte`() async throws {
        try await withMedia { backend, pod, _ in
            let answer = try await backend.call(
                .post, "/workflows/talk/runs",
                [
                    "audio": .string(Base64.encode(Self.wav)),
                    "video": .string("data:video/mp4;base64," + Base64.encode(Self.mp4)),
                ], headers: [.prefer: "wait=60"])
            #expect(answer.json["status"] == "done", "\(answer.json)")
            for (name, bytes) in [("audio", Self.wav), ("video", Self.mp4)] {
                let hash = pod.posts.last?.params[name]?["input"]?.string
                #expect(hash == SHA256.hash(bytes).hex)
                #expect(pod.inputs[hash ?? ""] == bytes)
            }
        }
    }

    @LoopActor @Test func `a form carries one as a file`() async throws {
        try await withMedia { backend, pod, _ in
            let body =
                Array("--x\r\nContent-Disposition: form-data; name=\"audio\"; filename=\"a.wav\"\r\n\r\n".utf8)
                + Self.wav + Array("\r\n--x--\r\n".utf8)
            let response = try await backend.send(
                .post, "/workflows/talk/runs", body: .bytes(body),
                headers: [.contentType: "multipart/form-data; boundary=x", .prefer: "wait=60"])
            #expect(try JSON(parsing: try await response.collect())["status"] == "done")
            #expect(pod.inputs[SHA256.hash(Self.wav).hex] == Self.wav)
            let document = try await backend.call(.get, "/openapi.json").json
            let content = document["paths"]?["/workflows/talk/runs"]?["post"]?["requestBody"]?["content"]
            let form = content?["multipart/form-data"]?["schema"]?["properties"]
            #expect(form?["audio"] == ["type": "string", "format": "binary"])
        }
    }

    @LoopActor @Test func `what is of another kind is a fault of its field`() async throws {
        try await withMedia { backend, pod, folder in
            let png = JSON.string(Base64.encode(try Samples.png()))
            let answer = try await backend.call(
                .post, "/workflows/talk/runs", ["audio": png, "video": .string(Base64.encode(Self.wav))])
            #expect(answer.status == 422)
            #expect(Set(answer.places) == [#"["body","audio"]"#, #"["body","video"]"#])
            #expect(answer.json.text.contains("the file is none of mp4, mov, webm"))
            #expect(pod.posts.isEmpty && folder.files(in: "spool").isEmpty)
        }
    }
}

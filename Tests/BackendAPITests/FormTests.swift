import HTTP
import HTTPTypes
import Images
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

@testable import BackendAPI

/// Requests as `multipart/form-data`, as a browser's form or `curl -F` sends them.
@Suite struct FormTests {
    init() { startLoop() }

    /// A field's name, the file's name where it is one, and its content.
    private typealias Field = (name: String, file: String?, content: [UInt8])

    private static func text(_ name: String, _ text: String) -> Field { (name, nil, Array(text.utf8)) }

    @LoopActor
    private func post(
        _ fields: [Field], to path: String = "/generate", on backend: RunningBackend, boundary: String = "easel-form",
        headers: HTTPFields = [.prefer: "wait=60"]
    ) async throws -> RunningBackend.Answer {
        var body: [UInt8] = []
        for (name, file, content) in fields {
            let end = file.map { "; filename=\"\($0)\"\r\nContent-Type: image/png" } ?? ""
            body += Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\(end)\r\n\r\n".utf8)
            body += content + [13, 10]
        }
        body += Array("--\(boundary)--\r\n".utf8)
        var headers = headers
        headers[.contentType] = "multipart/form-data; boundary=\(boundary)"
        let response = try await backend.send(.post, path, body: .bytes(body), headers: headers)
        return .init(status: response.status, headers: response.headers, bytes: try await response.collect())
    }

    @LoopActor @Test func `texts are read as what they mean`() async throws {
        try await withBackend { backend, pod, _ in
            let answer = try await post(
                [
                    Self.text("mode", "paint"), Self.text("prompt", "a cat, 猫"), Self.text("steps", "7"),
                    Self.text("extra_params", #"{"seed": 18446744073709551615}"#), Self.text("quality", "80"),
                    Self.text("output_format", "jpeg"), Self.text("keep_metadata", "true"),
                ], on: backend)
            #expect(answer.status == 200, "\(answer.json)")
            #expect(answer.json["status"] == "done")
            let params = try #require(pod.posts.first?.params)
            #expect(params["prompt"] == "a cat, 猫")
            #expect(params["steps"] == 7)
            #expect(params["seed"] == .unsigned(.max))
        }
    }

    @LoopActor @Test func `files are pictures, by field or by parameter, small or large`() async throws {
        try await withBackend { backend, pod, _ in
            let (small, large) = (try Samples.png(), try Samples.noise(width: 200, height: 200))
            for (path, field) in [
                ("/generate", "target_image"), ("/generate", "image"), ("/workflows/invert/runs", "image"),
            ] {
                for bytes in [small, large] {
                    let mode = path == "/generate" ? [Self.text("mode", "invert")] : []
                    let answer = try await post(mode + [(field, "photo.png", bytes)], to: path, on: backend)
                    #expect(answer.json["status"] == "done", "\(answer.json)")
                }
            }
            #expect(Set(pod.inputs.values.map { $0 }) == [small, large])
        }
    }

    @LoopActor @Test func `faults name the fields, and files without a name are none`() async throws {
        try await withBackend { backend, _, folder in
            let answer = try await post(
                [
                    Self.text("mode", "paint"), Self.text("steps", "many"), Self.text("previews", "maybe"),
                    ("face_images", "no.png", Array("no picture at all".utf8)), ("target_image", "", []),
                ], on: backend)
            #expect(answer.status == 422)
            #expect(
                Set(answer.places) == [
                    #"["body","prompt"]"#, #"["body","extra_params","steps"]"#, #"["body","previews"]"#,
                    #"["body","face_images",0]"#,
                ])
            let run = try await post([("image", "", [])], to: "/workflows/invert/runs", on: backend)
            #expect(run.places == [#"["body","image"]"#])
            #expect(folder.files(in: "inputs").isEmpty)
            #expect(folder.files(in: "spool").isEmpty)
        }
    }

    @LoopActor @Test func `a form that breaks off is refused`() async throws {
        try await withBackend { backend, _, _ in
            let answer = try await backend.send(
                .post, "/generate", body: .bytes(Array("--b\r\nContent-Disposition: form-data".utf8)),
                headers: [.contentType: "multipart/form-data; boundary=b"])
            #expect(answer.status == 422)
            let json = try JSON(parsing: try await answer.collect())
            #expect(json["detail"]?[0]?["loc"] == ["body"])
        }
    }

    @LoopActor @Test func `the same form with another boundary is the same request`() async throws {
        try await withBackend { backend, _, _ in
            let fields: [Field] = [
                Self.text("mode", "invert"), ("target_image", "a.png", try Samples.noise(width: 120, height: 120)),
            ]
            let headers: HTTPFields = [.idempotencyKey: "form-1"]
            let first = try await post(fields, on: backend, boundary: "one", headers: headers)
            let second = try await post(fields, on: backend, boundary: "another", headers: headers)
            #expect(first.json["task_id"] == second.json["task_id"])
            #expect(second.headers[.idempotentReplayed] == "true")
            let other = try await post(fields + [Self.text("style", "film")], on: backend, headers: headers)
            #expect(other.status == 409)
        }
    }
}

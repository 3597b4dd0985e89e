import Crypto
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@testable import BackendAPI

/// Lists of pictures that are longer than anybody means them.
@Suite struct PictureListTests {
    init() { startLoop() }

    /// A catalogue with lists of pictures, bounded and not.
    @LoopActor
    private func withLists(
        _ body: @LoopActor (RunningBackend, ScriptedGPUService, TemporaryFolder) async throws -> Void
    ) async throws {
        try await withBackend { backend, pod, folder in
            let pictures: JSON = ["type": "array", "items": ["type": "string", "format": "image"]]
            var few = pictures.object ?? [:]
            (few["maxItems"], few["minItems"]) = (3, 2)
            let parameters: JSON = [
                "type": "object", "required": ["few"], "additionalProperties": false,
                "properties": ["many": pictures, "few": .object(few)],
            ]
            pod.catalogue = [
                "workflows": [Samples.workflow("lists", "l1", parameters)], "styles": [], "capacity": 3,
            ]
            try await until { try await backend.call(.get, "/workflows/lists").status == 200 }
            try await body(backend, pod, folder)
        }
    }

    @LoopActor @Test(arguments: [("many", 5000, 32), ("many", 33, 32), ("few", 5000, 3), ("few", 4, 3)])
    func `too many are one fault, and none is decoded`(name: String, count: Int, most: Int) async throws {
        try await withLists { backend, _, folder in
            let picture = JSON.string(Base64.encode(try Samples.png()))
            // The others are good, so that the one fault is the list's.
            var given: JSONObject = ["few": [picture, picture]]
            given[name] = .array([picture] + Array(repeating: "AAAA", count: count - 1))
            let run = try await backend.call(.post, "/workflows/lists/runs", .object(given))
            #expect(run.status == 422)
            #expect(run.places == [#"["body","\#(name)"]"#])
            let fault = run.json["detail"]?[0]
            #expect(fault?["msg"]?.string == "List should have at most \(most) items after validation, not \(count)")
            #expect(fault?["type"] == "too_long")
            let task = try await backend.generate(["mode": "lists", "extra_params": .object(given)])
            #expect(task.places == [#"["body","extra_params","\#(name)"]"#])
            #expect(folder.files(in: "spool").isEmpty)
        }
    }

    @LoopActor @Test func `as many as are allowed go through`() async throws {
        try await withLists { backend, pod, _ in
            let pictures = try (0..<3).map { JSON.string(Base64.encode(try Samples.png(seed: $0))) }
            let many = JSON.array(Array(repeating: pictures[0], count: 32))
            let answer = try await backend.call(
                .post, "/workflows/lists/runs", ["few": .array(pictures), "many": many],
                headers: [.prefer: "wait=60"])
            #expect(answer.json["status"] == "done", "\(answer.json)")
            #expect(pod.posts.last?.params["few"]?.array?.count == 3)
            #expect(pod.posts.last?.params["many"]?.array?.count == 32)
        }
    }
}

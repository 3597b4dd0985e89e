import Crypto
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing
import Wire

@testable import BackendAPI

@Suite struct DispatchTests {
    init() { startLoop() }

    @LoopActor @Test func `a broken stream asks for the same attempt again`() async throws {
        try await withBackend { backend, pod, _ in
            pod.steps = [.broken, .broken]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(task["attempts"] == 1)
            #expect(pod.posts.map(\.attempt) == [1, 1, 1])
            #expect(pod.posts[2].secondsLeft < 180)
        }
    }

    @LoopActor @Test func `a GPU service that cannot take it now is asked again, and no attempt is used`() async throws
    {
        try await withBackend { backend, pod, _ in
            pod.steps = [
                .refused(.serviceUnavailable, [:]), .failure(GenerationFailure(.unavailable, "ComfyUI is away.")),
            ]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(pod.posts.map(\.attempt) == [1, 1, 1])
        }
    }

    @LoopActor @Test func `a known end raises the attempt`() async throws {
        try await withBackend { backend, pod, _ in
            pod.steps = [
                .failure(GenerationFailure(.lost, "ComfyUI lost it.")),
                .failure(GenerationFailure(.transient, "Out of memory.")),
            ]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(task["attempts"] == 3)
            #expect(pod.posts.map(\.attempt) == [1, 2, 3])
            #expect(Set(pod.posts.map(\.taskID)).count == 1)
        }
    }

    @LoopActor @Test(arguments: [GenerationFailure.Kind.input, .failed, .deadline])
    func `what will not pass fails at once, with its message`(_ kind: GenerationFailure.Kind) async throws {
        try await withBackend { backend, pod, _ in
            pod.steps = [.failure(GenerationFailure(kind, "That went wrong.", detail: "/root/ComfyUI/x.py"))]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "failed")
            #expect(task["error"] == "That went wrong.")
            #expect(task["image"] == .null)
            #expect(!task.text.contains("/root"))
            #expect(pod.posts.count == 1)
        }
    }

    @LoopActor @Test func `a refusal names the parameter`() async throws {
        try await withBackend { backend, pod, _ in
            let fault: JSON = ["type": "x", "loc": ["body", "params", "steps"], "msg": "too many", "input": 1]
            pod.steps = [.refused(.unprocessableContent, ["detail": [fault]])]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["error"]?.string?.contains("steps") == true)
        }
    }

    @LoopActor @Test func `a result that is gone, or is no picture, is made anew`() async throws {
        try await withBackend { backend, pod, _ in
            pod.resultStatuses = [.gone]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(pod.posts.map(\.attempt) == [1, 2])
            pod.results = [(Array("<html>".utf8), "image/png")]
            let id = try await backend.submit()
            try await until { pod.posts.filter { $0.taskID == id }.count == 2 }
            pod.results = [(try Samples.png(), "image/png")]
            #expect(try await backend.end(of: id)["status"] == "done")
        }
    }

    @LoopActor @Test func `a result that cannot be had now is fetched again by the same attempt`() async throws {
        try await withBackend { backend, pod, _ in
            pod.resultStatuses = [.notFound, .badGateway]
            let task = try await backend.end(of: try await backend.submit())
            #expect(task["status"] == "done")
            #expect(pod.posts.map(\.attempt) == [1, 1, 1])
        }
    }

    @LoopActor @Test func `several results are all served`() async throws {
        try await withBackend { backend, pod, _ in
            pod.results = try (0..<3).map { (try Samples.png(seed: $0), "image/png") }
            let task = try await backend.end(of: try await backend.submit())
            let paths = task["images"]?.array?.compactMap(\.string) ?? []
            #expect(Set(paths).count == 3)
            for (path, result) in zip(paths, pod.results) {
                #expect(try await backend.call(.get, path).bytes == result.bytes)
            }
        }
    }

    // MARK: What cannot be sent or kept

    @LoopActor @Test func `a result that is too large for its format is one clear error, made once`() async throws {
        try await withBackend { backend, pod, _ in
            pod.results = [(try Samples.png(width: 16_384, height: 2), "image/png")]
            let id = try await backend.submit(["mode": "paint", "prompt": "wide", "output_format": "webp"])
            let task = try await backend.end(of: id)
            #expect(task["status"] == "failed")
            #expect(task["error"]?.string?.contains("format") == true, "\(task)")
            #expect(pod.posts.count == 1)
        }
    }

    @LoopActor @Test func `a picture that the GPU service cannot take is told, or sent again`() async throws {
        try await withBackend { backend, pod, _ in
            let body: JSON = ["mode": "invert", "target_image": .string(Base64.encode(try Samples.png()))]
            pod.inputStatuses = [.contentTooLarge]
            let failed = try await backend.end(of: try await backend.submit(body))
            #expect(failed["error"]?.string?.contains("larger") == true, "\(failed)")
            pod.inputStatuses = [.internalServerError, .serviceUnavailable]
            #expect(try await backend.end(of: try await backend.submit(body))["status"] == "done")
            #expect(try await backend.call(.get, "/health").json["status"] == "healthy")
        }
    }
}

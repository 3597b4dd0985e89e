import Foundation
import HTTPTypes
import Images
import JSONText
import Loop
import Testing

/// The address of a real ComfyUI, such as `http://127.0.0.1:8188`; it should be given over to the tests while they run.
private let realComfyUI = ProcessInfo.processInfo.environment["REAL_COMFYUI_URL"]
/// A checkpoint that it has; a randomly initialised one will do.
private let checkpoint = ProcessInfo.processInfo.environment["REAL_COMFYUI_CHECKPOINT"]

/// The same promises on the real ComfyUI.
@Suite(.serialized, .enabled(if: realComfyUI != nil, "REAL_COMFYUI_URL is not set")) @LoopActor
struct RealComfyUI {
    private func easel() async throws -> Installation {
        let easel = try Installation()
        easel.environment["COMFYUI_API_URL"] = realComfyUI ?? ""
        #expect(try await easel.startup().status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        return easel
    }

    @Test func `a photo comes back inverted`() async throws {
        let easel = try await easel()
        let photo = try photo(width: 61, height: 47)
        let id = try await easel.submit(["mode": "image_transform", "target_image": .string(photo.base64)])
        let task = try await easel.end(of: id)
        #expect(task["status"] == "done", "\(task)")
        #expect(isInverted(try await easel.picture(of: task), of: photo.raster))
        await easel.remove()
    }

    @Test func `a missing model is one clear error`() async throws {
        let easel = try await easel()
        let id = try await easel.submit(
            ["mode": "free", "prompt": "x", "extra_params": ["checkpoint": "no-such-model.safetensors"]])
        let task = try await easel.end(of: id)
        #expect(task["status"] == "failed")
        #expect(task["error"]?.string?.contains("no-such-model.safetensors") == true)
        await easel.remove()
    }

    @Test(.enabled(if: checkpoint != nil, "REAL_COMFYUI_CHECKPOINT is not set"))
    func `a checkpoint makes a picture, and its progress is seen`() async throws {
        let easel = try await easel()
        let id = try await easel.submit(
            [
                "mode": "free", "prompt": "a cat", "previews": true,
                "extra_params": [
                    "checkpoint": .string(checkpoint ?? ""), "steps": 3, "width": 64, "height": 64,
                    "seed": .unsigned(.max),
                ],
            ])
        let events = try await easel.call(.get, "/tasks/\(id)/events").text
        #expect(events.contains("event: progress"))
        let task = try await easel.end(of: id)
        #expect(task["status"] == "done", "\(task)")
        #expect(task["seed"]?.uint64 == .max)
        #expect(try await easel.picture(of: task).width == 64)
        await easel.remove()
    }

    @Test(.enabled(if: checkpoint != nil, "REAL_COMFYUI_CHECKPOINT is not set"), arguments: ["backend", "gpu_server"])
    func `a service killed in the middle changes nothing`(service: String) async throws {
        let easel = try await easel()
        let id = try await easel.submit(
            [
                "mode": "free", "prompt": "a dog",
                "extra_params": [
                    "checkpoint": .string(checkpoint ?? ""), "steps": 12, "width": 64, "height": 64,
                ],
            ])
        try await until("it runs") { (try await easel.task(id)["progress"]?.double ?? 0) > 0 }
        try await easel.signal(SIGKILL, service)
        #expect(try await easel.startup().status == 0)
        let task = try await easel.end(of: id)
        #expect(task["status"] == "done" && task["attempts"] == 1, "\(task)")
        await easel.remove()
    }
}

import Foundation
import HTTPTypes
import Images
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

/// The address of a real ComfyUI, such as `http://127.0.0.1:8188`; it should be given over to the tests while they run.
private let realComfyUI = ProcessInfo.processInfo.environment["REAL_COMFYUI_URL"]
/// A checkpoint that it has; a randomly initialised one will do.
private let checkpoint = ProcessInfo.processInfo.environment["REAL_COMFYUI_CHECKPOINT"]

/// A shell command that kills that ComfyUI with SIGKILL and returns once it was started again.
private let restart = ProcessInfo.processInfo.environment["REAL_COMFYUI_RESTART"]

/// The same promises on the real ComfyUI.
@Suite(.serialized, .enabled(if: realComfyUI != nil, "REAL_COMFYUI_URL is not set"))
struct RealComfyUI {
    init() { startLoop() }

    @LoopActor private func easel(_ variables: [String: String] = [:]) async throws -> Installation {
        let easel = try Installation()
        easel.environment = variables
        easel.environment["COMFYUI_API_URL"] = variables["COMFYUI_API_URL"] ?? realComfyUI ?? ""
        #expect(try await easel.startup().status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        return easel
    }

    @Test @LoopActor func `a photo comes back inverted`() async throws {
        let easel = try await easel()
        let photo = try photo(width: 61, height: 47)
        let id = try await easel.submit(["mode": "image_transform", "target_image": .string(photo.base64)])
        let task = try await easel.end(of: id)
        #expect(task["status"] == "done", "\(task)")
        #expect(isInverted(try await easel.picture(of: task), of: photo.raster))
        await easel.remove()
    }

    @Test @LoopActor func `a missing model is one clear error`() async throws {
        let easel = try await easel()
        let answer = try await easel.call(
            .post, "/generate",
            ["mode": "free", "prompt": "x", "extra_params": ["checkpoint": "no-such-model.safetensors"]])
        if answer.status == 503 {
            // It has no checkpoint at all, so the workflow cannot run whichever is asked for.
            #expect(answer.json["detail"]?.string?.contains("models/checkpoints") == true)
        } else {
            let task = try await easel.end(of: answer.json["task_id"]?.string ?? "")
            #expect(task["status"] == "failed")
            #expect(task["error"]?.string?.contains("no-such-model.safetensors") == true)
        }
        await easel.remove()
    }

    @Test(.enabled(if: checkpoint != nil, "REAL_COMFYUI_CHECKPOINT is not set"))
    @LoopActor func `a checkpoint makes a picture, and its progress is seen`() async throws {
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
    @LoopActor func `a service killed in the middle changes nothing`(service: String) async throws {
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

    // MARK: What goes wrong over there

    /// LoadImage takes any file that is there, and fails at run time with the file's path in its message.
    @Test @LoopActor func `a graph that fails at run time is one clear error with no path in it`() async throws {
        let folder = NSTemporaryDirectory() + "easel-workflows-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let graph: JSON = [
            "1": ["class_type": "LoadImage", "inputs": ["image": "easel_no_picture.png"]],
            "2": ["class_type": "SaveImage", "inputs": ["images": ["1", 0], "filename_prefix": "x"]],
        ]
        try graph.text.write(toFile: folder + "/broken.json", atomically: true, encoding: .utf8)
        let manifest: JSON = [
            "title": "Broken", "parameters": ["type": "object", "properties": [:]], "outputs": ["2"],
        ]
        try manifest.text.write(toFile: folder + "/broken.manifest.json", atomically: true, encoding: .utf8)
        let easel = try await easel(["WORKFLOWS_PATH": folder])
        var form = MultipartForm()
        form.addFile(
            .bytes(Array("no picture".utf8)), name: "image", filename: "easel_no_picture.png", contentType: "image/png")
        form.addText("true", name: "overwrite")
        let upload = try await easel.http.send(
            ClientRequest(
                method: .post, url: (realComfyUI ?? "") + "/upload/image", headers: [.contentType: form.contentType],
                body: form.body))
        #expect(upload.status == 200)
        let task = try await easel.end(of: try await easel.submit(["mode": "broken"]))
        #expect(task["status"] == "failed" && task["attempts"] == 1)
        let error = task["error"]?.string ?? ""
        #expect(error.contains("LoadImage") && error.contains("node 1"), "\(error)")
        #expect(!error.contains("/") && !error.contains("Traceback"), "\(error)")
        await easel.remove()
    }

    @LoopActor private func sampling(_ easel: Installation, steps: Int) async throws -> String {
        let id = try await easel.submit(
            [
                "mode": "free", "prompt": .string("a dog \(UUID().uuidString)"),
                "extra_params": [
                    "checkpoint": .string(checkpoint ?? ""), "steps": JSON(steps), "width": 64, "height": 64,
                ],
            ])
        try await until("it runs") { (try await easel.task(id)["progress"]?.double ?? 0) > 0 }
        return id
    }

    @Test(.enabled(if: checkpoint != nil, "REAL_COMFYUI_CHECKPOINT is not set"))
    @LoopActor func `a connection that is cut in the middle changes nothing`() async throws {
        let parts = (realComfyUI ?? "").split(separator: "/").last?.split(separator: ":") ?? []
        let proxy = try CuttingProxy(to: parts.first.map(String.init) ?? "", port: parts.last.flatMap { Int($0) } ?? 80)
        let easel = try await easel(["COMFYUI_API_URL": proxy.url])
        let id = try await sampling(easel, steps: 6)
        proxy.cut()
        let task = try await easel.end(of: id)
        #expect(task["status"] == "done" && task["attempts"] == 1, "\(task)")
        await easel.remove()
        proxy.close()
    }

    @Test(
        .enabled(if: checkpoint != nil && restart != nil, "REAL_COMFYUI_CHECKPOINT or REAL_COMFYUI_RESTART is not set"))
    @LoopActor func `a ComfyUI that is killed in the middle runs it again when it is back`() async throws {
        let easel = try await easel()
        let id = try await sampling(easel, steps: 12)
        // Foundation takes a process to run for as long as one that it left behind has its descriptors.
        let closing = "for f in /proc/self/fd/*; do n=${f##*/}; ((n > 2)) && eval \"exec $n>&-\"; done; "
        #expect(try await Installation.run("/bin/bash", ["-c", closing + (restart ?? "")]).status == 0)
        let task = try await easel.end(of: id)
        #expect(task["status"] == "done", "\(task)")
        await easel.remove()
    }

    @Test(.enabled(if: checkpoint != nil, "REAL_COMFYUI_CHECKPOINT is not set"))
    @LoopActor func `a cancel stops its own prompt, and nobody else's`() async throws {
        let easel = try await easel()
        let id = try await sampling(easel, steps: 60)
        let other: JSON = [
            "1": ["class_type": "EmptyImage", "inputs": ["width": 8, "height": 8, "batch_size": 1, "color": 7]],
            "2": ["class_type": "SaveImage", "inputs": ["images": ["1", 0], "filename_prefix": "other"]],
        ]
        let submitted = try await easel.call(.post, "/prompt", ["prompt": other], at: realComfyUI)
        let otherID = try #require(submitted.json["prompt_id"]?.string)
        #expect(try await easel.call(.delete, "/tasks/\(id)").json["status"] == "cancelled")
        try await until("the other's prompt has ended") {
            let entry = try await easel.call(.get, "/history/\(otherID)", at: realComfyUI).json[otherID]
            return entry?["status"]?["status_str"] == "success"
        }
        let queue = try await easel.call(.get, "/queue", at: realComfyUI).json
        #expect(queue["queue_running"] == [] && queue["queue_pending"] == [])
        await easel.remove()
    }
}

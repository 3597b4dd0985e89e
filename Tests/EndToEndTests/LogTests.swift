import Crypto
import Foundation
import HTTP
import HTTPTypes
import JSONText
import Loop
import Outbound
import ProviderEmulators
import TestSupport
import Testing

/// What the logs of the real programs say, and what they must not.
@Suite struct LogTests {
    init() { startLoop() }

    /// Every secret that can be planted, by what it is.
    private static let secrets = [
        "GPU_SERVICE_SECRET": "planted-between-the-services",
        "WEBHOOK_SECRET": "whsec_plantedplantedplantedplantedplantedplan",
        "SERVER_API_KEY": "planted-portrait-key", "REPLICATE_API_TOKEN": "r8_planted-replicate",
        "FAL_API_KEY": "planted-id:planted-fal", "HUGGINGFACE_TOKEN": "hf_planted-hugging",
    ]

    @Test(arguments: ["standard", "json"])
    @LoopActor func `no secret, prompt, picture or signed address is logged above debug`(_ format: String) async throws
    {
        let replicate = try ReplicateEmulator()
        defer { withExtendedLifetime(replicate) {} }
        let easel = try Installation()
        easel.environment = Self.secrets.merging([
            "LOG_FORMAT": format, "REPLICATE_BASE_URL": replicate.core.publicURL, "ALLOW_PRIVATE_IMAGE_URLS": "1",
            "ALLOW_PRIVATE_WEBHOOK_URLS": "1", "PROVIDERS_FIX_OLD_PHOTO": "replicate",
        ]) { $1 }
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        let picture = try photo().base64
        let done = try await easel.submit([
            "mode": "free", "prompt": "planted-prompt", "extra_params": ["negative_prompt": "planted-negative"],
        ])
        #expect(try await easel.end(of: done)["status"] == "done")
        try await easel.fault(["kind": "error", "count": 1])
        let failing = try await easel.submit(["mode": "image_transform", "target_image": .string(picture)])
        #expect(try await easel.end(of: failing)["status"] == "failed")
        for (path, body) in [
            ("/generate", ["mode": "planted-mode", "prompt": "planted-prompt"]),
            ("/generate", ["mode": "free", "prompt": "planted-naked 12 years old"]),
            (
                "/generate",
                ["mode": "image_transform", "target_image": "http://127.0.0.1:1/a.png?X-Goog-Signature=planted-signed"]
            ),
            ("/api/ai/fix-old-photo", ["image": .string(picture)]),
            ("/api/generate", ["master_prompt": "planted-prompt"]),
            ("/images/planted-name.png?signature=planted-signed", [:]),
        ] as [(String, JSON)] {
            _ = try await easel.call(.post, path, body)
        }
        let wrong = try await easel.http.send(
            ClientRequest(
                url: easel.backendURL + "/tasks?token=planted-signed",
                headers: [.authorization: "Bearer planted-wrong-key"]))
        _ = try await wrong.collect()
        try await tellOfPicture(easel)
        try await easel.signal(SIGTERM, "backend")
        try await easel.signal(SIGTERM, "gpu_server")
        for name in ["backend", "gpu_server", "startup"] {
            let log = easel.log(name)
            #expect(name == "startup" || log.contains(done), "the log of \(name) names the task")
            let lines = log.split(separator: "\n").filter { $0.contains("planted") && !$0.contains("/images/planted") }
            #expect(lines.isEmpty, "\(name): \(lines.first ?? "")")
            #expect(!log.contains(picture.prefix(64)), "\(name) has a picture in its log")
            #expect(!log.contains("signature="), "\(name) has a signed address in its log")
        }
        await easel.remove()
        await replicate.core.stop()
    }

    /// There is no ComfyUI, which all say.
    @Test @LoopActor func `no password of a service's address is logged or counted under`() async throws {
        let easel = try Installation()
        easel.environment["GPU_SERVICE_URL"] = "http://user:planted-pod@127.0.0.1:\(easel.ports.gpu)"
        easel.environment["COMFYUI_API_URL"] = "http://user:planted-comfy@127.0.0.1:\(easel.ports.comfy)"
        #expect(try await easel.startup().status == 0)
        try await easel.untilHealthy()
        let told = try await easel.startup("status").output
        #expect(told.contains("no ComfyUI at http://***@127.0.0.1:"), "\(told)")
        let counts = try await easel.call(.get, "/metrics").text
        let gpu = try await easel.http.send(ClientRequest(url: "http://127.0.0.1:\(easel.ports.gpu)/metrics"))
        let gpuCounts = String(decoding: try await gpu.collect(), as: UTF8.self)
        #expect(counts.contains("***@127.0.0.1") && gpuCounts.contains("***@127.0.0.1"))
        try await easel.signal(SIGTERM, "gpu_server")
        try await until("the backend has seen it") { easel.log("backend").contains("GPU service is away") }
        try await easel.signal(SIGTERM, "backend")
        for text in [told, counts, gpuCounts] + ["backend", "gpu_server", "startup"].map({ easel.log($0) }) {
            #expect(!text.contains("planted"))
        }
        await easel.remove()
    }

    /// A key's picture: a webhook with its signed address, which nobody takes, and that address asked for.
    @LoopActor
    private func tellOfPicture(_ easel: Installation) async throws {
        let made = try await easel.startup("keys", "create", "--name", "app").output
        let text = try #require(made.firstMatch(of: /easel_[0-9a-f_]+/)?.output)
        let key: HTTPFields = [.authorization: "Bearer \(text)"]
        let order: JSON = [
            "mode": "free", "prompt": "planted-prompt", "webhook": "http://127.0.0.1:1/hook?token=planted-hook",
        ]
        let id = try #require(try await easel.call(.post, "/generate", order, headers: key).json["task_id"]?.string)
        try await until("the webhook was tried") {
            let list = try await easel.call(.get, "/tasks/\(id)/webhooks", headers: key).json["webhooks"]
            return list?[0]?["last_error"]?.string != nil
        }
        let task = try await easel.call(.get, "/tasks/\(id)?sign=60", headers: key).json
        #expect(try await easel.call(.get, try #require(task["images"]?[0]?.string)).status == 200)
        #expect(!easel.log("backend").contains(text))
    }

    @Test @LoopActor func `a request and its task can be followed through both services`() async throws {
        let easel = try Installation()
        easel.environment["LOG_FORMAT"] = "json"
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        let response = try await easel.http.send(
            ClientRequest(
                method: .post, url: easel.backendURL + "/generate",
                headers: [.contentType: "application/json", .requestID: "followed-42"],
                body: .bytes((["mode": "free", "prompt": "a harbour"] as JSON).serialized())))
        let id = try #require(try JSON(parsing: try await response.collect())["task_id"]?.string)
        #expect(response.headers[.requestID] == "followed-42")
        _ = try await easel.end(of: id)
        for name in ["backend", "gpu_server"] { try await easel.signal(SIGTERM, name) }
        for (name, messages) in [
            ("backend", ["POST /generate 200", "Task accepted", "Task done"]),
            ("gpu_server", ["POST /generate 200", "Generation done"]),
        ] {
            let lines = try easel.log(name).split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
            let ours = lines.filter {
                $0["request_id"] == "followed-42" || $0["metadata"]?["request_id"] == "followed-42"
            }
            let said = ours.compactMap { ($0["message"] ?? $0["msg"])?.string }
            for message in messages { #expect(said.contains(message), "\(name): \(said)") }
        }
        await easel.remove()
    }

    @Test @LoopActor func `both services tell their figures`() async throws {
        let easel = try Installation()
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        let id = try await easel.submit(["mode": "free", "prompt": "a harbour"])
        _ = try await easel.end(of: id)
        let backend = try await easel.call(.get, "/metrics").text
        for line in [
            #"http_requests_total{route="/generate",method="POST",status="200"} 1"#,
            #"http_request_duration_seconds_count{route="/generate"} 1"#,
            #"generation_requests_total{workflow="free_generation",status="done",source="comfyui"} 1"#,
            #"task_wait_seconds_count{workflow="free_generation"} 1"#,
            #"inference_time_seconds_count{workflow="free_generation",source="comfyui"} 1"#,
            #"tasks{state="queued",class="normal"} 0"#, #"tasks{state="running",class="high"} 0"#,
            #"gpu_service_up{url="http://127.0.0.1:\#(easel.ports.gpu)"} 1"#, "loop_longest_turn_seconds ",
            "process_resident_memory_bytes ", "process_open_fds ", "http_sent_bytes_total ",
        ] { #expect(backend.contains("\n" + line), "\(line)") }
        let response = try await easel.http.send(ClientRequest(url: "http://127.0.0.1:\(easel.ports.gpu)/metrics"))
        let gpu = String(decoding: try await response.collect(), as: UTF8.self)
        for line in [
            #"generations_total{workflow="free_generation",end="done"} 1"#,
            #"generation_wait_seconds_count{workflow="free_generation"} 1"#,
            #"generation_run_seconds_count{workflow="free_generation"} 1"#,
            #"comfyui_up{comfyui="\#(easel.comfyURL)"} 1"#, #"comfyui_prompts{comfyui="\#(easel.comfyURL)"} 0"#,
            #"gpu_busy_seconds_total{comfyui="\#(easel.comfyURL)"} "#,
            #"http_requests_total{route="/generate",method="POST",status="200"} 1"#, "process_start_time_seconds ",
        ] { #expect(gpu.contains("\n" + line), "\(line)") }
        #expect(!gpu.contains(#"gpu_busy_seconds_total{comfyui="\#(easel.comfyURL)"} 0\#n"#), "the GPU was busy")
        for family in (backend + gpu).split(separator: "\n") where family.hasPrefix("# TYPE") {
            let name = family.split(separator: " ")[2]
            #expect((backend + gpu).contains("# HELP \(name) "), "\(name)")
        }
        await easel.remove()
    }

    @Test @LoopActor func `live and ready are told apart`() async throws {
        let easel = try Installation()
        #expect(try await easel.startup().status == 0)
        try await easel.untilHealthy()
        func status(_ url: String) async throws -> Int { try await easel.http.send(ClientRequest(url: url)).status }
        let gpu = "http://127.0.0.1:\(easel.ports.gpu)"
        #expect(try await status(easel.backendURL + "/health/live") == 200)
        #expect(try await status(easel.backendURL + "/health/ready") == 200)
        #expect(try await status(gpu + "/health/live") == 200)
        // There is no ComfyUI.
        #expect(try await status(gpu + "/health/ready") == 503)
        try await easel.startSandbox()
        try await until("the GPU service is ready") { try await status(gpu + "/health/ready") == 200 }
        await easel.remove()
    }
}

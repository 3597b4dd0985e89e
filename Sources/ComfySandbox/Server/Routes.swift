import HTTP
import HTTPTypes
import JSONText
import Loop

/// All routes, each with and without `/api` before it.
@LoopActor
struct Routes {
    /// ComfyUI's own limit on a request's body.
    nonisolated static let bodyLimit = 104_857_600

    let sandbox: Sandbox
    let router = Router { error, _ in ComfyManners.answer(error) }
    private typealias Handler = @LoopActor @Sendable (Request) async throws -> Response

    init(_ sandbox: Sandbox) { self.sandbox = sandbox }

    func build() -> Router {
        router.use(RequestLog(log: sandbox.log))
        router.use(ComfyManners())
        addPrompts()
        addQueue()
        addInformation()
        addFiles()
        addControl()
        return router
    }

    private func on(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
        let faults = Faults(state: sandbox.state)
        for prefix in ["", "/api"] {
            router.on(method, prefix + path, bodyLimit: Self.bodyLimit) { try await faults.answer($0, by: handler) }
        }
    }

    private func addPrompts() {
        let prompts = PromptRoutes(sandbox: sandbox)
        on(.post, "/prompt") { try await prompts.submit($0) }
        on(.get, "/prompt") { _ in Answers.json(prompts.execInfo) }
        on(.post, "/interrupt") { try await prompts.interrupt($0) }
        on(.get, "/interrupt") { _ in Answers.empty(.notFound) }
        on(.post, "/free") { try await prompts.free($0) }
        on(.get, "/history") { try prompts.history($0) }
        on(.post, "/history") { try await prompts.changeHistory($0) }
        on(.get, "/history/{id}") { prompts.historyEntry($0.parameters["id"] ?? "") }
        on(.get, "/ws") { try prompts.openSocket($0) }
    }

    private func addQueue() {
        let prompts = PromptRoutes(sandbox: sandbox)
        on(.get, "/queue") { [sandbox] _ in Answers.json(sandbox.state.queue.json) }
        on(.post, "/queue") { try await prompts.changeQueue($0) }
    }

    private func addInformation() {
        let sandbox = sandbox
        on(.get, "/object_info") { _ in Answers.json(await sandbox.catalogue().objectInfo) }
        on(.get, "/object_info/{name}") { request in
            Answers.json(await sandbox.catalogue().objectInfo(of: request.parameters["name"] ?? ""))
        }
        on(.get, "/models") { _ in Answers.json(.array(ModelLists.folders.map(JSON.string))) }
        on(.get, "/models/{folder}") { request in
            let names = await sandbox.catalogue().lists.models[request.parameters["folder"] ?? ""]
            return names.map { Answers.json(.array($0.map(JSON.string))) } ?? Answers.empty(.notFound)
        }
        on(.get, "/system_stats") { _ in Answers.json(SystemStats.json) }
        on(.get, "/embeddings") { _ in Answers.json([]) }
        on(.get, "/extensions") { _ in Answers.json([]) }
        on(.get, "/features") { _ in Answers.json(Event.features) }
        router.on(.get, "/") { _ in
            .text(
                "<!doctype html><title>ComfySandbox</title><p>This is a sandbox that speaks ComfyUI's protocol. It has no GPU.",
                type: "text/html")
        }
    }

    private func addFiles() {
        let uploads = UploadRoutes(files: sandbox.files)
        let view = ViewRoute(files: sandbox.files, state: sandbox.state)
        on(.get, "/view") { try await view.respond(to: $0) }
        on(.post, "/upload/image") { try await uploads.image($0) }
        on(.post, "/upload/mask") { try await uploads.mask($0) }
    }

    private func addControl() {
        let state = sandbox.state
        router.on(.get, "/sandbox/faults") { _ in Answers.json(state.faults.json) }
        router.on(.delete, "/sandbox/faults") { _ in
            state.clearFaults()
            return Answers.json(state.faults.json)
        }
        router.on(.post, "/sandbox/faults") { try await Faults.add($0, to: state) }
        router.on(.get, "/sandbox/log") { _ in Answers.json(state.log.json) }
    }
}

/// `GET /system_stats`, saying what this is.
enum SystemStats {
    static let version = "sandbox-0.3.64"

    static var json: JSON {
        [
            "system": [
                "os": "posix", "ram_total": 8_589_934_592, "ram_free": 4_294_967_296,
                "comfyui_version": .string(version), "required_frontend_version": "0.0.0",
                "installed_templates_version": .null, "required_templates_version": "0.0.0",
                "python_version": "none: this is Easel's sandbox", "pytorch_version": "none", "embedded_python": false,
                "argv": ["ComfySandbox"],
            ],
            "devices": [
                [
                    "name": "sandbox (no GPU)", "type": "cpu", "index": .null, "vram_total": 8_589_934_592,
                    "vram_free": 4_294_967_296, "torch_vram_total": 8_589_934_592, "torch_vram_free": 4_294_967_296,
                ]
            ],
        ]
    }
}

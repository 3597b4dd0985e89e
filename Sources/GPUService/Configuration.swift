import Faces
import Glibc
import Loop
import Operations
import Outbound

/// Every setting of the GPU service, read once at start. `env.templates/gpu_server.env` explains each.
struct Configuration: Sendable {
    var host: String
    /// Nil: requests need no signature, and the service is for this machine alone.
    var secret: Secret?
    var port: Int
    /// One ComfyUI for each GPU of the pod.
    var comfyUIURLs: [String]
    var workflowsPath: String
    var maxConcurrentTasks: Int
    var queueAhead: Int
    var faceThresholds: FaceThresholds
    /// ComfyUI's `models`; nil: no model is fetched by URL.
    var modelsPath: String?
    var modelLimits: ModelStore.Limits
    var allowPrivateModelURLs: Bool

    /// What the URL of a model must be like.
    var modelURLs: OutsideURLRules { OutsideURLRules(allowPrivate: allowPrivateModelURLs) }

    /// Prompts that one ComfyUI may have at once.
    var capacityOfEach: Int { maxConcurrentTasks + queueAhead }

    init(reading settings: SettingsReader) {
        let secret = settings.secret("GPU_SERVICE_SECRET", "shared with the backend, which signs its requests")
        host = settings.string(
            "GPU_SERVER_HOST", default: secret == nil ? "127.0.0.1" : "0.0.0.0", "address to listen on")
        self.secret = secret
        port = settings.port("GPU_SERVER_PORT", default: 8001, "port to listen on")
        comfyUIURLs = settings.urls(
            "COMFYUI_API_URL", default: ["http://localhost:8188"], "ComfyUI's address, or several with commas")
        workflowsPath = settings.path("WORKFLOWS_PATH", default: "workflows", "folder of workflows and manifests")
        maxConcurrentTasks = settings.int(
            "MAX_CONCURRENT_TASKS", default: 1, in: 1...64, "generations that run at once on each ComfyUI")
        queueAhead = settings.int(
            "COMFYUI_QUEUE_AHEAD", default: 2, in: 0...64, "prompts that wait in ComfyUI's own queue besides")
        faceThresholds = Self.faceThresholds(settings)
        modelsPath = settings.path("MODELS_PATH", "ComfyUI's models folder, into which models named by URL are fetched")
        modelLimits = ModelStore.Limits(
            fileBytes: settings.megabytes(
                "MODEL_URL_MAX_MB", default: 2048, in: 1...1_048_576, "one model fetched by URL, in MB"),
            totalBytes: settings.megabytes(
                "MODEL_URL_CACHE_MB", default: 8192, in: 1...16_777_216, "all models fetched by URL, in MB"))
        allowPrivateModelURLs = settings.bool(
            "ALLOW_PRIVATE_MODEL_URLS", default: false,
            "whether models may be fetched from private addresses and over http")
        if secret == nil, !Self.isLoopback(host) {
            settings.refuse(
                "GPU_SERVER_HOST",
                allowed: "without GPU_SERVICE_SECRET an address of this machine alone: 127.0.0.0/8, ::1, localhost")
        }
    }

    private static func faceThresholds(_ settings: SettingsReader) -> FaceThresholds {
        let standard = FaceThresholds.standard
        let thresholds = FaceThresholds(
            minimumSize: settings.int(
                "FACE_MIN_SIZE", default: standard.minimumSize, in: 1...16_384, "pixels of a face, at least"),
            minimumBrightness: settings.int(
                "FACE_MIN_BRIGHTNESS", default: standard.minimumBrightness, in: 0...255, "mean luma of a face, at least"
            ),
            maximumBrightness: settings.int(
                "FACE_MAX_BRIGHTNESS", default: standard.maximumBrightness, in: 0...255, "mean luma of a face, at most"),
            minimumSharpness: settings.int(
                "FACE_MIN_SHARPNESS", default: standard.minimumSharpness, in: 0...1000,
                "fine detail of a face, at least"))
        if thresholds.minimumBrightness >= thresholds.maximumBrightness {
            settings.refuse("FACE_MAX_BRIGHTNESS", allowed: "above FACE_MIN_BRIGHTNESS")
        }
        return thresholds
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }
}

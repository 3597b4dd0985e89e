import Glibc
import Loop
import Operations
import Outbound

/// Every setting of the backend, read once at start. `env.templates/backend.env` explains each.
struct Configuration: Sendable {
    var host: String
    var port: Int
    var gpuServiceURLs: [String]
    /// Nil: the requests to the GPU services are not signed.
    var gpuServiceSecret: Secret?
    var requestTimeout: Duration
    var dataPath: String
    var maxBodyBytes: Int
    var maxWait: Duration
    var maxQueuedTasks: Int
    var maxQueueWait: Duration
    var resultTTL: Duration
    var signedURLTTL: Duration
    var minFreeDiskBytes: Int
    var maxFaceImages: Int
    var maxImageBytes: Int
    var access: AccessSettings
    /// Nil: no webhook is taken or sent.
    var webhookSecret: WebhookSecret?
    var allowPrivateWebhookURLs: Bool
    var allowPrivateImageURLs: Bool
    var allowPrivateModelURLs: Bool
    var safetyPolicyFile: String?
    var providers: ProviderSettings
    /// `DEFAULT_MODEL`.
    var portraitMode: PortraitRequest.Mode
    var denoisingStrength: Double
    var serverAPIKey: Secret?
    var apiTitle: String
    var apiVersion: String

    init(reading settings: SettingsReader) {
        host = settings.string("BACKEND_HOST", default: "0.0.0.0", "address to listen on")
        port = settings.port("BACKEND_PORT", or: "PORT", default: 8000, "port to listen on")
        gpuServiceURLs = settings.urls(
            "GPU_SERVICE_URL", default: ["http://localhost:8001"], "the GPU service's address, or several with commas")
        gpuServiceSecret = settings.secret("GPU_SERVICE_SECRET", "shared with the GPU services, to sign requests")
        requestTimeout = settings.duration(
            "REQUEST_TIMEOUT", default: 180, in: 1...86_400, "seconds that one generation may run")
        let workspace = settings.path(
            "WORKSPACE", default: Self.defaultWorkspace, defaultText: "/workspace where it exists, else .workspace",
            "the folder that outlives a restart of the pod")
        dataPath = settings.path(
            "DATA_PATH", default: workspace + "/data", defaultText: "$WORKSPACE/data", "database and pictures")
        maxBodyBytes = settings.megabytes("MAX_BODY_MB", default: 96, in: 1...1024, "one request body, in MB")
        maxWait = settings.duration("MAX_WAIT", default: 90, in: 0...3600, "seconds that any request is held")
        maxQueuedTasks = settings.int(
            "MAX_QUEUED_TASKS", default: 20_000, in: 1...10_000_000, "tasks that may wait; beyond it 429")
        maxQueueWait = settings.duration(
            "MAX_QUEUE_WAIT", default: 24, in: 0...8760, unit: .hours, "hours that a task may wait for a GPU")
        resultTTL = settings.duration(
            "RESULT_TTL", default: 24, in: 0...87_600, unit: .hours, "hours that results are kept at least")
        signedURLTTL = settings.duration(
            "SIGNED_URL_TTL", default: 24, in: 0...168, unit: .hours,
            "hours that the URLs of pictures in webhooks and portraits need no key; 0: they are not signed")
        minFreeDiskBytes = settings.megabytes(
            "MIN_FREE_DISK_MB", default: 256, in: 0...1_048_576, "room on the disk that new tasks must leave, in MB")
        maxFaceImages = settings.int("MAX_FACE_IMAGES", default: 5, in: 0...100, "face images that a request may carry")
        maxImageBytes = settings.megabytes("MAX_IMAGE_SIZE_MB", default: 10, in: 1...512, "one decoded image, in MB")
        access = AccessSettings(reading: settings, host: host)
        webhookSecret = settings.value(
            "WEBHOOK_SECRET", default: nil, defaultText: nil, secret: true,
            allowed: "whsec_ and the base64 of 24 to 64 bytes", about: "the key that webhooks are signed with"
        ) { WebhookSecret($0) }
        allowPrivateWebhookURLs = settings.bool(
            "ALLOW_PRIVATE_WEBHOOK_URLS", default: false, "whether webhooks may go to private addresses and over http")
        allowPrivateImageURLs = settings.bool(
            "ALLOW_PRIVATE_IMAGE_URLS", default: false,
            "whether pictures may be fetched from private addresses and over http")
        allowPrivateModelURLs = settings.bool(
            "ALLOW_PRIVATE_MODEL_URLS", default: false,
            "whether models may be named by http URLs and private addresses")
        safetyPolicyFile = settings.path(
            "SAFETY_POLICY_FILE", "a file of terms that the safety policy refuses besides its own")
        providers = ProviderSettings(reading: settings)
        portraitMode = settings.value(
            "DEFAULT_MODEL", default: .speed, defaultText: "flux-schnell", allowed: "flux-schnell or flux-dev",
            about: "the model of a portrait that names no mode"
        ) { text in PortraitRequest.Mode.allCases.first { $0.model == text } }
        denoisingStrength = settings.value(
            "DENOISING_STRENGTH", default: 0.4, defaultText: "0.40", allowed: "0.35 to 0.45",
            about: "how much a portrait's finishing pass changes"
        ) { text in Double(text).flatMap { (0.35...0.45).contains($0) ? $0 : nil } }
        serverAPIKey = settings.secret("SERVER_API_KEY", "the key that guards POST /api/generate")
        apiTitle = settings.string("API_TITLE", default: "AI Image Generation API", "the API's title")
        apiVersion = settings.string("API_VERSION", default: "1.0.0", "the API's version")
    }

    private static var defaultWorkspace: String { Glibc.access("/workspace", F_OK) == 0 ? "/workspace" : ".workspace" }

    /// What a webhook's URL must be like.
    var webhookURLs: OutsideURLRules { OutsideURLRules(allowPrivate: allowPrivateWebhookURLs) }

    var portraits: PortraitSettings {
        PortraitSettings(
            key: serverAPIKey, defaultMode: portraitMode, denoisingStrength: denoisingStrength,
            maxFaces: max(1, min(maxFaceImages, 5)), bodyLimit: maxBodyBytes, budget: requestTimeout)
    }

    /// What the URL of a model must be like; the GPU service fetches it.
    var modelURLs: OutsideURLRules { OutsideURLRules(allowPrivate: allowPrivateModelURLs) }

    /// What the URL of a picture must be like.
    var imageURLs: OutsideURLRules { OutsideURLRules(allowPrivate: allowPrivateImageURLs) }
}

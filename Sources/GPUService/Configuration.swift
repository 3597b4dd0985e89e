import Glibc
import Loop
import Operations

/// Every setting of the GPU service, read once at start. `env.templates/gpu_server.env` explains each.
struct Configuration: Sendable {
    var host: String
    var port: Int
    /// One ComfyUI for each GPU of the pod.
    var comfyUIURLs: [String]
    var workflowsPath: String
    var maxConcurrentTasks: Int
    var queueAhead: Int

    /// Prompts that one ComfyUI may have at once.
    var capacityOfEach: Int { maxConcurrentTasks + queueAhead }

    init(reading settings: SettingsReader) {
        host = settings.string("GPU_SERVER_HOST", default: "127.0.0.1", "address to listen on")
        port = settings.port("GPU_SERVER_PORT", default: 8001, "port to listen on")
        comfyUIURLs = settings.urls(
            "COMFYUI_API_URL", default: ["http://localhost:8188"], "ComfyUI's address, or several with commas")
        workflowsPath = settings.path("WORKFLOWS_PATH", default: "workflows", "folder of workflows and manifests")
        maxConcurrentTasks = settings.int(
            "MAX_CONCURRENT_TASKS", default: 1, in: 1...64, "generations that run at once on each ComfyUI")
        queueAhead = settings.int(
            "COMFYUI_QUEUE_AHEAD", default: 2, in: 0...64, "prompts that wait in ComfyUI's own queue besides")
        // Requests are not signed yet, so the service is for this machine alone.
        if !Self.isLoopback(host) {
            settings.refuse("GPU_SERVER_HOST", allowed: "an address of this machine alone: 127.0.0.0/8, ::1, localhost")
        }
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }
}

import HTTP
import HTTPTypes
import JSONText
import Loop
import Operations
import Workflows

/// `GET /health`, what is below it, and `GET /workflows`.
@LoopActor
struct StatusRoutes {
    let dispatcher: Dispatcher
    let library: WorkflowLibrary

    func add(to router: Router) {
        router.on(.get, "/health") { _ in health() }
        router.on(.get, "/health/live") { _ in .json(["status": "alive"]) }
        router.on(.get, "/health/ready") { _ in ready() }
        router.on(.get, "/workflows") { workflows($0) }
    }

    /// What was seen last: ComfyUI is asked in the background, and nobody waits for a dead one here.
    private func health() -> Response {
        let status =
            library.fault != nil ? "unhealthy" : dispatcher.isAnyAvailable ? "healthy" : "degraded"
        let answer: JSON = [
            "status": .string(status), "comfyui_available": .bool(dispatcher.isAnyAvailable), "service": "gpu_server",
            "version": .string(EaselVersion.current),
        ]
        return .json(answer, status: library.fault == nil ? .ok : .serviceUnavailable)
    }

    /// Whether it can do work now: for who sends work by it.
    private func ready() -> Response {
        let reason: String? =
            library.fault != nil
            ? "the workflow folder cannot be read" : dispatcher.isAnyAvailable ? nil : "no ComfyUI answers"
        guard let reason else { return .json(["status": "ready"]) }
        return .json(["status": "not ready", "reason": .string(reason)], status: .serviceUnavailable)
    }

    private func workflows(_ request: Request) -> Response {
        let headers: HTTPFields = [.eTag: library.etag, .cacheControl: "no-cache"]
        if request.headerFields[.ifNoneMatch] == library.etag, !library.etag.isEmpty {
            return Response(status: .notModified, headers: headers)
        }
        guard library.fault == nil else {
            return HTTPProblem(.serviceUnavailable, "The workflow folder cannot be read.").response
        }
        var answer = library.catalogue.json.object ?? [:]
        answer["capacity"] = JSON(dispatcher.capacity)
        return .json(.object(answer), headers: headers)
    }
}

import HTTP
import HTTPTypes
import JSONText
import Loop

/// `GET /health` and what is below it: what was seen last, so that nobody waits on a dead GPU service here.
@LoopActor
struct HealthRoutes {
    let database: TaskDatabase
    let catalogue: Catalogue
    let pods: [GPUPod]
    let version: String
    /// Who makes portraits, in order.
    let provider: String

    func add(to router: Router) {
        router.quickly(.get, "/health") { _ in
            let isReachable = pods.contains(where: \.isReachable)
            let status =
                !database.isHealthy ? "unhealthy" : isReachable && catalogue.isKnown ? "healthy" : "degraded"
            return .json(
                [
                    "status": .string(status), "gpu_available": .bool(isReachable), "version": .string(version),
                    "provider": .string(provider),
                ])
        }
        router.quickly(.get, "/health/live") { _ in .json(["status": "alive"]) }
        router.quickly(.get, "/health/ready") { _ in ready() }
    }

    /// Whether it takes tasks now: for who sends requests by it. A GPU service that is away is no reason not to.
    private func ready() -> Response {
        let reason: String? =
            !database.isHealthy
            ? "the database cannot be written" : catalogue.isKnown ? nil : "no GPU service has told what it can run"
        guard let reason else { return .json(["status": "ready"]) }
        return .json(["status": "not ready", "reason": .string(reason)], status: .serviceUnavailable)
    }
}

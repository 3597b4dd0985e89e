import HTTP
import HTTPTypes
import JSONText
import Loop

/// `GET /health`: what was seen last, so that nobody waits on a dead GPU service here.
@LoopActor
struct HealthRoutes {
    let database: TaskDatabase
    let catalogue: Catalogue
    let pods: [GPUPod]
    let version: String
    /// Who makes portraits, in order.
    let provider: String

    func add(to router: Router) {
        router.on(.get, "/health") { _ in
            let isReachable = pods.contains(where: \.isReachable)
            let status =
                !database.isHealthy ? "unhealthy" : isReachable && catalogue.isKnown ? "healthy" : "degraded"
            return .json(
                [
                    "status": .string(status), "gpu_available": .bool(isReachable), "version": .string(version),
                    "provider": .string(provider),
                ])
        }
    }
}

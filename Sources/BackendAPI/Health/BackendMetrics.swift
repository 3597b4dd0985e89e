import HTTP
import HTTPTypes
import Loop
import Operations

/// What the backend counts, at `GET /metrics`.
@LoopActor
struct BackendMetrics {
    let metrics = Metrics()

    private static let seconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]

    init(
        book: TaskBook, errands: ErrandRunner, breakers: BreakerBoard, dispatcher: Dispatcher, pods: [GPUPod],
        requests: RequestMetrics,
        server: @escaping @LoopActor () -> HTTPServer?
    ) {
        metrics.counter("generation_requests_total", "Tasks that have ended, by workflow, end and who served them.")
        metrics.counter("generation_errors_total", "Tasks that have failed, by code.")
        metrics.counter("provider_cost_dollars_total", "What providers have been paid, by their prices.")
        metrics.histogram(
            "inference_time_seconds", "From the start of a task's work to its end.", bounds: Self.seconds)
        metrics.histogram(
            "task_wait_seconds", "From a task's acceptance to the start of its work.", bounds: Self.seconds)
        metrics.counter("task_retries_total", "Runs that were to be made again, by kind.")
        metrics.gauge("tasks", "Tasks that have not ended, by state and priority class.") {
            book.counts.map { ([("state", $0.state.rawValue), ("class", $0.priority.name)], Double($1)) }
        }
        metrics.gauge("gpu_service_up", "1 where a GPU service answers and has a ComfyUI that does.") {
            pods.map { ([("url", Shown.value($0.baseURL))], $0.canRun ? 1 : 0) }
        }
        metrics.gauge("gpu_service_tasks", "Tasks that a GPU service has.") {
            pods.map { ([("url", Shown.value($0.baseURL))], Double($0.load)) }
        }
        metrics.gauge("tasks_waiting", "Tasks that wait for a GPU.") { [([], Double(book.waitingCount))] }
        metrics.gauge("tasks_running", "Tasks that are neither waiting nor ended.") {
            [([], Double(book.runningCount))]
        }
        metrics.gauge("provider_breaker_state", "0 closed, 1 half open, 2 open.") {
            breakers.states.map { ([("provider", $0.key.rawValue)], Self.number(of: $0.value)) }
        }
        metrics.counter("errand_disk_waits_total", "Waits of products' tasks for the data folder's disk.") {
            [([], Double(errands.diskWaits))]
        }
        ProcessMetrics.add(to: metrics)
        requests.add(to: metrics, server: server)
        dispatcher.onRetry = { [metrics] in metrics.count("task_retries_total", [("kind", $0)]) }
        book.onEnd = { [metrics] in Self.note($0, in: metrics) }
    }

    private static func number(of state: String) -> Double {
        switch state {
        case "closed": 0
        case "half-open": 1
        default: 2
        }
    }

    private static func note(_ task: GenerationTask, in metrics: Metrics) {
        guard task.parent == nil else { return }
        let source = task.source ?? "none"
        let labels: Metrics.Labels = [
            ("workflow", task.workflow), ("status", task.state.rawValue), ("source", source),
        ]
        metrics.count("generation_requests_total", labels)
        if let cost = task.errand?.result.cost, cost > 0 {
            metrics.count("provider_cost_dollars_total", [("provider", source)], by: cost)
        }
        if let began = task.startedAt {
            let waited = Double(max(0, began - task.createdAt)) / 1000
            metrics.observe("task_wait_seconds", [("workflow", task.workflow)], waited)
        }
        switch task.state {
        case .failed: metrics.count("generation_errors_total", [("code", code(task))])
        case .done:
            let began = task.startedAt ?? task.createdAt
            let seconds = task.errand?.result.seconds ?? Double((task.finishedAt ?? began) - began) / 1000
            metrics.observe("inference_time_seconds", [("workflow", task.workflow), ("source", source)], seconds)
        default: break
        }
    }

    /// As contract 2 numbers them.
    private static func code(_ task: GenerationTask) -> String {
        switch task.errand?.result.failure {
        case .timedOut: "2001"
        case .rateLimited: "2002"
        case .refusedAsUnsafe: "3001"
        default: "4001"
        }
    }

    func add(to router: Router) {
        router.on(.get, "/metrics") { _ in
            Response(headers: [.contentType: Metrics.contentType], body: .bytes(Array(metrics.text().utf8)))
        }
    }
}

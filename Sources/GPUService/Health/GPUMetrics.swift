import HTTP
import HTTPTypes
import Loop
import Operations
import Wire

/// What the GPU service counts, at `GET /metrics`.
@LoopActor
final class GPUMetrics {
    private let metrics = Metrics()

    private static let seconds = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]

    init(_ dispatcher: Dispatcher, requests: RequestMetrics, server: @escaping @LoopActor () -> HTTPServer?) {
        metrics.counter("generations_total", "Generations that have ended, by workflow and end.")
        metrics.histogram(
            "generation_wait_seconds", "From a generation's arrival here to its start in ComfyUI.",
            bounds: Self.seconds)
        metrics.histogram("generation_run_seconds", "From its start in ComfyUI to its end.", bounds: Self.seconds)
        let comfyUIs = dispatcher.comfyUIs
        func each(_ value: @escaping @LoopActor (ComfyUI) -> Double) -> @LoopActor () -> [(Metrics.Labels, Double)] {
            { comfyUIs.map { ([("comfyui", Shown.value($0.client.baseURL))], value($0)) } }
        }
        metrics.gauge("comfyui_up", "1 where ComfyUI answers and works.", read: each { $0.isAvailable ? 1 : 0 })
        metrics.gauge("comfyui_prompts", "Prompts that a ComfyUI has from here.", read: each { Double($0.load) })
        metrics.gauge("comfyui_slots", "Prompts that it may have at once.", read: each { Double($0.capacity) })
        metrics.counter(
            "gpu_busy_seconds_total", "Time in which a prompt from here ran; its rate is the GPU's busy share.",
            read: each { $0.busy.seconds(at: .now) })
        metrics.counter("result_bytes_total", "Bytes of results handed on.") { [([], Double(dispatcher.resultBytes))] }
        metrics.counter("comfyui_upload_bytes_total", "Bytes of pictures put into ComfyUI.") {
            [([], Double(comfyUIs.reduce(0) { $0 + $1.uploadedBytes }))]
        }
        ProcessMetrics.add(to: metrics)
        requests.add(to: metrics, server: server)
        dispatcher.onEnd = { [metrics] in Self.note($0, in: metrics) }
    }

    private static func note(_ generation: Generation, in metrics: Metrics) {
        guard let end = generation.end else { return }
        var kind = "done"
        if case .error(let failure) = end { kind = failure.kind.rawValue }
        metrics.count("generations_total", [("workflow", generation.workflow), ("end", kind)])
        guard let began = generation.startedAt else { return }
        let workflow = [("workflow", generation.workflow)]
        metrics.observe("generation_wait_seconds", workflow, (began - generation.arrivedAt).seconds)
        metrics.observe("generation_run_seconds", workflow, (ContinuousClock.now - began).seconds)
    }

    func add(to router: Router) {
        router.on(.get, "/metrics") { [metrics] _ in
            Response(headers: [.contentType: Metrics.contentType], body: .bytes(Array(metrics.text().utf8)))
        }
    }
}

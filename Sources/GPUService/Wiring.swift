import Glibc
import HTTP
import Logging
import Loop
import Operations
import Outbound

/// Puts the GPU service together and runs it.
@LoopActor
struct Wiring {
    let configuration: Configuration
    let service: Service

    func run() async throws {
        let http = HTTPClient()
        let comfyUIs = configuration.comfyUIURLs.map {
            ComfyUI(baseURL: $0, capacity: configuration.capacityOfEach, http: http, logger: service.logger)
        }
        let inputs = try InputStore(folder: Self.temporaryFolder())
        let models = try models(http)
        let library = WorkflowLibrary(
            path: configuration.workflowsPath, fetchesModels: models != nil, logger: service.logger)
        await library.refresh()
        let dispatcher = Dispatcher(comfyUIs: comfyUIs, inputs: inputs, models: models, logger: service.logger)
        library.follow(dispatcher)
        let requests = RequestMetrics()
        let router = router(dispatcher, library, inputs, requests)
        let server = try listening(on: configuration.host, port: configuration.port, portSetting: "GPU_SERVER_PORT") {
            try HTTPServer(host: configuration.host, port: configuration.port, router: router)
        }
        GPUMetrics(dispatcher, requests: requests) { [weak server] in server }.add(to: router)
        service.started(
            host: server.host, port: server.port, dependencies: configuration.comfyUIURLs.map { ("ComfyUI", $0) })
        service.onStop { grace in
            await server.stop(grace: grace)
            dispatcher.stop()
        }
        await serve(server, comfyUIs, library)
        inputs.removeAll()
        http.close()
    }

    private func router(
        _ dispatcher: Dispatcher, _ library: WorkflowLibrary, _ inputs: InputStore, _ requests: RequestMetrics
    ) -> Router {
        let router = Router(failure: loggingFailures(service.logger))
        router.use(RequestIDMiddleware())
        router.use(accessLog(service.logger, counting: requests))
        if let secret = configuration.secret { router.use(SignatureMiddleware(secret: secret.reveal())) }
        GenerateRoutes(
            dispatcher: dispatcher, library: library, inputs: inputs, modelURLs: configuration.modelURLs
        ).add(to: router)
        InputRoutes(inputs: inputs).add(to: router)
        InspectRoutes(inputs: inputs, desk: InspectionDesk(thresholds: configuration.faceThresholds)).add(to: router)
        StatusRoutes(dispatcher: dispatcher, library: library).add(to: router)
        return router
    }

    /// Everything long-lived runs beside the server and ends with it.
    private func serve(_ server: HTTPServer, _ comfyUIs: [ComfyUI], _ library: WorkflowLibrary) async {
        await withTaskGroup { group in
            for comfyUI in comfyUIs { group.addTask { await comfyUI.run() } }
            group.addTask { await library.run() }
            group.addTask { await reportDependencies(comfyUIs) }
            await server.run()
            group.cancelAll()
        }
    }

    private func reportDependencies(_ comfyUIs: [ComfyUI]) async {
        for comfyUI in comfyUIs {
            let answers = await comfyUI.client.isAvailable(within: .seconds(5))
            service.report(dependency: "ComfyUI", at: comfyUI.client.baseURL, fault: answers ? nil : "no answer")
        }
    }

    /// - Throws: `CannotStart` for a `MODELS_PATH` that is no folder.
    private func models(_ http: HTTPClient) throws -> ModelStore? {
        guard let root = configuration.modelsPath else { return nil }
        guard access(root + "/.", W_OK | X_OK) == 0 else {
            throw CannotStart("MODELS_PATH: \(root) is no folder that can be written to")
        }
        return ModelStore(
            root: root, limits: configuration.modelLimits, rules: configuration.modelURLs, http: http,
            logger: service.logger)
    }

    private static func temporaryFolder() -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        return "\(base)/easel-gpu-\(getpid())"
    }
}

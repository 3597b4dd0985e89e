import HTTP
import Logging
import Loop
import Operations
import Outbound

/// Puts the backend together and runs it. A new subject is a room of its own, and a line here.
@LoopActor
struct Wiring {
    let configuration: Configuration
    let service: Service

    func run() async throws {
        let data = configuration.dataPath
        try makeFolders(data)
        let database = try TaskDatabase(path: data + "/easel.db")
        let catalogue = Catalogue(database: database, logger: service.logger)
        try await catalogue.load()
        let book = TaskBook(database: database, logger: service.logger)
        let http = HTTPClient()
        let pods = configuration.gpuServiceURLs.map {
            GPUPod(baseURL: $0, http: http, catalogue: catalogue, logger: service.logger)
        }
        let dispatcher = Dispatcher(
            book: book, pods: pods, catalogue: catalogue, inputs: FileStore(folder: data + "/inputs"),
            images: FileStore(folder: data + "/images"), limit: configuration.requestTimeout, logger: service.logger)
        try await book.load()
        let router = router(database, catalogue, book, dispatcher, pods)
        let server = try listening(on: configuration.host, port: configuration.port, portSetting: "BACKEND_PORT") {
            try HTTPServer(host: configuration.host, port: configuration.port, router: router)
        }
        service.started(
            host: server.host, port: server.port,
            dependencies: configuration.gpuServiceURLs.map { ("GPU service", $0) })
        service.onStop { grace in
            dispatcher.stop()
            book.wakeAll()
            await server.stop(grace: grace)
        }
        await serve(server, pods)
        await database.close()
        http.close()
    }

    private func makeFolders(_ data: String) throws {
        do {
            var path = data.hasPrefix("/") ? "" : "."
            for part in data.split(separator: "/") {
                path += "/\(part)"
                try FileStore.makeFolder(path)
            }
        } catch {
            throw CannotStart("the folder \(data) cannot be made: \(error)")
        }
    }

    private func router(
        _ database: TaskDatabase, _ catalogue: Catalogue, _ book: TaskBook, _ dispatcher: Dispatcher, _ pods: [GPUPod]
    ) -> Router {
        let router = Router()
        router.use(RequestIDMiddleware())
        router.use(accessLog(service.logger))
        router.use(errorLog(service.logger))
        let data = configuration.dataPath
        let images = FileStore(folder: data + "/images")
        let pictures = PictureCheck(
            inputs: FileStore(folder: data + "/inputs"), maxFaceImages: configuration.maxFaceImages,
            maxImageBytes: configuration.maxImageBytes)
        TaskRoutes(
            book: book, acceptance: Acceptance(catalogue: catalogue, pictures: pictures), dispatcher: dispatcher,
            images: images, waits: WaitRules(longest: configuration.maxWait), bodyLimit: configuration.maxBodyBytes,
            maxQueued: configuration.maxQueuedTasks
        ).add(to: router)
        ImageRoutes(images: images).add(to: router)
        WorkflowRoutes(catalogue: catalogue).add(to: router)
        HealthRoutes(database: database, catalogue: catalogue, pods: pods, version: configuration.apiVersion)
            .add(to: router)
        return router
    }

    /// Everything long-lived runs beside the server and ends with it.
    private func serve(_ server: HTTPServer, _ pods: [GPUPod]) async {
        await withTaskGroup { group in
            for pod in pods { group.addTask { await pod.run() } }
            await server.run()
            group.cancelAll()
        }
    }
}

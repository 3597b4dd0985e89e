import HTTP
import Logging
import Loop
import Operations
import Outbound
import Workflows

/// The backend put together. A new subject is a room of its own, and a line here.
@LoopActor
final class Backend {
    private let configuration: Configuration
    private let logger: Logger
    private let database: TaskDatabase
    private let catalogue: Catalogue
    let book: TaskBook
    private let http = HTTPClient()
    private let pods: [GPUPod]
    private let dispatcher: Dispatcher
    private let webhooks: WebhookSender
    private let files: TaskFiles
    private let space: DiskSpace
    private let sweeper: Sweeper
    private let server: HTTPServer
    let router: Router
    private let safety: SafetyPolicy
    private let room: ProviderRoom
    private let errands: ErrandRunner
    private let requests = RequestMetrics()
    private let ring: KeyRing
    private let signer: ImageSigner
    private let signing: AddressSigning
    private let keySocket: KeySocket

    /// Opens the data folder, takes up the tasks that are in it, and binds; ``run()`` accepts.
    ///
    /// - Throws: `CannotStart`: the folder cannot be made, another process has the database, the port is taken.
    init(_ configuration: Configuration, logger: Logger, clock: AccessClock = AccessClock()) async throws {
        self.configuration = configuration
        self.logger = logger
        safety = try SafetyPolicy(file: configuration.safetyPolicyFile)
        let (data, urls) = (configuration.dataPath, configuration.gpuServiceURLs)
        let spool = data + "/spool"
        try Self.inFolder(data) { try Self.makeFolders($0) }
        let database = try TaskDatabase(path: data + "/easel.db")
        // Only now: as long as another process has the database, what is in the spool is that one's.
        try Self.inFolder(data) { _ in try SpoolFile.prepare(folder: spool) }
        ring = KeyRing(database: database)
        try await ring.load()
        signer = try await ImageSigner(database)
        signing = AddressSigning(
            signer: signer, auth: configuration.access.auth, lifetime: configuration.signedURLTTL, time: clock.time)
        let catalogue = Catalogue(database: database, logger: logger)
        try await catalogue.load(of: urls)
        let http = http
        let signer = PodSigner(secret: configuration.gpuServiceSecret)
        pods = urls.map { GPUPod(baseURL: $0, http: http, signer: signer, catalogue: catalogue, logger: logger) }
        let files = TaskFiles(
            inputs: FileStore(folder: data + "/inputs"), images: FileStore(folder: data + "/images"), spool: spool,
            keeper: FileKeeper())
        let book = TaskBook(database: database, logger: logger)
        dispatcher = Dispatcher(
            book: book, pods: pods, catalogue: catalogue, files: files,
            limits: .init(running: configuration.requestTimeout, waiting: configuration.maxQueueWait), logger: logger)
        let queue = QueueProvider(
            book: book, catalogue: catalogue, dispatcher: dispatcher, files: files, plans: WorkflowPlan.shipped)
        room = ProviderRoom(configuration.providers, http: http, spool: spool, others: [queue], logger: logger)
        errands = ErrandRunner(
            book: book, room: room, queue: queue, files: files,
            isReady: { [pods, catalogue] name in
                pods.contains { $0.canRun && catalogue.workflow(name, of: $0.baseURL)?.ready == true }
            },
            untilPodsHaveTold: { [pods] in for pod in pods { try await pod.introduction.wait() } }, logger: logger)
        space = DiskSpace(folder: data, reserve: configuration.minFreeDiskBytes, logger: logger)
        sweeper = Sweeper(
            database: database, book: book, keeper: files.keeper, stores: [files.inputs, files.images],
            timeToLive: configuration.resultTTL, logger: logger,
            others: [
                { try Submissions.clear(before: $0, limit: 500, $1) },
                { try WebhookRow.clear(before: $0 - WebhookRow.lifetime, limit: 500, $1) },
            ])
        webhooks = WebhookSender(
            database: database, secret: configuration.webhookSecret, rules: configuration.webhookURLs, signing: signing,
            logger: logger)
        book.onNotice = { [webhooks] in webhooks.wake() }
        (self.files, self.book) = (files, book)
        try await book.load()
        (self.database, self.catalogue) = (database, catalogue)
        let router = Router(failure: loggingFailures(logger))
        self.router = router
        server = try listening(on: configuration.host, port: configuration.port, portSetting: "BACKEND_PORT") {
            try HTTPServer(host: configuration.host, port: configuration.port, router: router)
        }
        keySocket = KeySocket(folder: data, ring: ring, logger: logger)
        addDoors(to: router, clock)
        addRoutes(to: router, spool: spool)
    }

    var host: String { server.host }
    var port: Int { server.port }

    private static func inFolder(_ data: String, _ work: (String) throws -> Void) throws {
        do { try work(data) } catch { throw CannotStart("the folder \(data) cannot be made: \(error)") }
    }

    static func makeFolders(_ data: String) throws {
        var path = data.hasPrefix("/") ? "" : "."
        for part in data.split(separator: "/") {
            path += "/\(part)"
            try FileStore.makeFolder(path)
        }
    }

    /// What stands around every route, from without inwards.
    private func addDoors(to router: Router, _ clock: AccessClock) {
        let access = configuration.access
        access.warn(logger, hasKeys: ring.hasValidKeys)
        router.use(RequestIDMiddleware())
        router.use(ForwardedMiddleware(proxies: access.proxies))
        router.use(accessLog(logger, counting: requests))
        // Refusals too are told to pages, so that they can say why.
        router.use(CORSMiddleware(origins: access.corsOrigins))
        router.use(
            AccessMiddleware(
                access, ring: ring, signer: signer, largestBody: configuration.maxBodyBytes,
                guardsPortraits: configuration.serverAPIKey != nil, clock: clock))
    }

    private func addRoutes(to router: Router, spool: String) {
        let pictures = PictureCheck(
            inputs: files.inputs, spool: spool, maxFaceImages: configuration.maxFaceImages,
            maxImageBytes: configuration.maxImageBytes)
        let submit = SubmitRoute(
            book: book,
            acceptance: Acceptance(
                catalogue: catalogue, pictures: pictures,
                fetcher: PictureFetcher(
                    http: http, rules: configuration.imageURLs, spool: spool, maxBytes: configuration.maxImageBytes,
                    logger: logger),
                webhooks: WebhookRules(hasSecret: webhooks.canSend, urls: configuration.webhookURLs),
                modelURLs: configuration.modelURLs, safety: safety),
            submissions: Submissions(database: database, book: book), keeper: files.keeper, space: space,
            maxQueued: configuration.maxQueuedTasks)
        let (streams, dispatcher) = (OpenStreams(), dispatcher)
        let held = HeldRequests(
            waits: WaitRules(longest: configuration.maxWait), streams: streams, isStopping: { dispatcher.isStopping })
        TaskRoutes(
            book: book, submit: submit, dispatcher: dispatcher, errands: errands, images: files.images,
            signer: signer, ring: ring, streams: streams, held: held, bodyLimit: configuration.maxBodyBytes
        ).add(to: router)
        PhotoToolRoutes(
            submit: submit, room: room, images: files.images, held: held, budget: configuration.requestTimeout,
            bodyLimit: configuration.maxBodyBytes
        ).add(to: router)
        PortraitRoutes(
            submit: submit, room: room, faces: FaceCheck(pods: pods, inputs: files.inputs), safety: safety,
            held: held, signing: signing, settings: configuration.portraits
        ).add(to: router)
        WebhookRoutes(book: book, database: database, sender: webhooks).add(to: router)
        ImageRoutes(images: files.images, owners: ImageOwners(database: database, ring: ring)).add(to: router)
        WorkflowRoutes(catalogue: catalogue).add(to: router)
        DocsRoutes(
            catalogue: catalogue, title: configuration.apiTitle, version: configuration.apiVersion,
            auth: configuration.access.auth
        ).add(to: router)
        HealthRoutes(
            database: database, catalogue: catalogue, pods: pods, version: configuration.apiVersion,
            provider: configuration.providers.identity.map(\.rawValue).joined(separator: ",")
        ).add(to: router)
        BackendMetrics(
            book: book, errands: errands, breakers: room.breakers, dispatcher: dispatcher, pods: pods,
            requests: requests,
            server: { [weak server] in server }
        ).add(to: router)
    }

    /// Serves until ``stop(grace:)``. Everything long-lived runs beside the server and ends with it.
    func run() async {
        await withTaskGroup { group in
            for pod in pods { group.addTask { await pod.run() } }
            group.addTask { await self.database.run() }
            group.addTask { await self.dispatcher.run() }
            group.addTask { await self.space.run() }
            group.addTask { await self.sweeper.run() }
            group.addTask { await self.webhooks.run() }
            book.takeUpErrands()
            await server.run()
            group.cancelAll()
        }
        keySocket.close()
        dispatcher.stop()
        errands.stop(grace: .zero)
        await errands.stopped()
        await dispatcher.stopped()
        await database.close()
        http.close()
    }

    /// Stops accepting, answers who waits with the task as it stands, and hands back what runs: ComfyUI goes on with
    /// it, and the next process finds it.
    func stop(grace: Duration) async {
        dispatcher.stop()
        errands.stop(grace: grace)
        book.wakeAll()
        await server.stop(grace: grace)
    }
}

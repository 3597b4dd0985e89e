import Crypto
import JSONText
import Logging
import Loop
import Operations
import Outbound
import Wire
import Workflows

/// One ComfyUI, that is one GPU: its routes, its socket, whether it is there, and how much it has been given.
@LoopActor
final class ComfyUI {
    let client: ComfyUIClient
    let socket: ComfySocket
    let logger: Logger
    /// Prompts that it may have at once: running, and waiting in its own queue so that the GPU never idles.
    let capacity: Int
    private(set) var isAvailable = false
    /// Called when it has come or gone, or has other nodes or models.
    var onChange: @LoopActor () -> Void = {}
    /// Called when there may be room here for who waits: a slot is free, it has come or gone, its nodes have changed.
    var onRoom: @LoopActor () -> Void = {}
    private let nodeWatch: NodeWatch
    /// Whether it can run a workflow, by name and version; for the nodes that it has now.
    private var judged: [String: Bool] = [:]
    /// Prompts that it has from us now.
    private(set) var load = 0
    var busy = BusyClock()
    /// Of pictures put into its input folder.
    private(set) var uploadedBytes = 0
    private var wedge = WedgeWatch() {
        didSet { if isWedged, !oldValue.isWedged { moveOn() } }
    }
    private var runs: [String: PromptRun] = [:]
    private let start = ContinuousClock.now
    /// Names that it gave to pictures, by the hash of their bytes.
    private var uploads: [String: String] = [:]

    private static let probeLimit: Duration = .seconds(5)
    private static let probeInterval: Duration = .seconds(2)
    private static let probeIntervalWhenAway: Duration = .milliseconds(500)
    private static let maxRememberedUploads = 10_000
    private static let maxJudged = 2000

    init(baseURL: String, capacity: Int, http: HTTPClient, logger: Logger) {
        self.capacity = capacity
        self.logger = logger
        client = ComfyUIClient(baseURL: baseURL, http: http)
        socket = ComfySocket(baseURL: baseURL, logger: logger)
        nodeWatch = NodeWatch(client: client, logger: logger)
        socket.onLoss = { [weak self] in
            self?.wedge.mayBeAnother()
            self?.nodeWatch.refreshSoon()
        }
        nodeWatch.onChange = { [weak self] in self?.nodesChanged() }
    }

    /// Watches its health and keeps its socket, until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.socket.run() }
            group.addTask { await self.watchHealth() }
            group.addTask { await self.nodeWatch.run { self.isAvailable } }
        }
    }

    private func watchHealth() async {
        while !Task.isCancelled {
            await probe()
            try? await sleep(for: isAvailable ? Self.probeInterval : Self.probeIntervalWhenAway)
        }
    }

    /// Asks now whether it is there, and whether it works.
    func probe() async {
        var isThere = await client.isAvailable(within: Self.probeLimit)
        if isThere {
            // Routes that lock the queue can hang while the others answer.
            if let queue = try? await client.queue(within: Self.probeLimit) {
                wedge.observe(.init(running: queue.running, pending: queue.pending.count), at: .now - start)
            } else {
                isThere = false
            }
        } else {
            wedge.mayBeAnother()
        }
        note(isAvailable: isThere && !wedge.isWedged)
    }

    private func note(isAvailable now: Bool) {
        guard now != isAvailable else { return }
        isAvailable = now
        // Another ComfyUI may have come back in its place, with another input folder.
        if !now { uploads = [:] }
        let url: Logger.Metadata = ["url": .string(Shown.value(client.baseURL))]
        defer {
            onChange()
            onRoom()
        }
        if now {
            nodeWatch.refreshSoon()
            logger.info("ComfyUI is there", metadata: url)
        } else if !isWedged {
            logger.warning("ComfyUI is away", metadata: url)
        }
    }

    /// Whether it answers and does no work.
    var isWedged: Bool { wedge.isWedged }

    private func moveOn() {
        logger.error(
            "ComfyUI answers and does no work: it is wedged until it is restarted",
            metadata: ["url": .string(Shown.value(client.baseURL))])
        for run in runs.values { run.moveOn() }
    }

    // MARK: Nodes and models

    /// Its nodes, the last known ones while it is away; nil until it has told them.
    var nodes: NodeList? { nodeWatch.nodes }

    /// Who adds a workflow has often just installed what it needs.
    func workflowsChanged() { nodeWatch.refreshSoon() }

    private func nodesChanged() {
        judged = [:]
        onChange()
        onRoom()
    }

    /// Whether it has the nodes and models for a workflow; with its nodes not known it may.
    func canRun(_ workflow: Workflow) -> Bool {
        let key = "\(workflow.name) \(workflow.version)"
        if let known = judged[key] { return known }
        if judged.count >= Self.maxJudged { judged = [:] }
        let can = workflow.canRun(on: nodes)
        judged[key] = can
        return can
    }

    // MARK: Runs

    func follows(_ run: PromptRun) {
        runs[run.promptID] = run
        // It was under way hither when the others were told.
        if isWedged { run.moveOn() }
    }

    func followsNoMore(_ run: PromptRun) { runs[run.promptID] = nil }

    /// A prompt is still there long after it was told to stop.
    func didNotStop(_ promptID: String) {
        wedge.didNotStop(promptID)
        note(isAvailable: false)
    }

    // MARK: Slots

    var hasSlot: Bool { load < capacity }

    /// Takes a slot; who waits for one stands in the ``PlaceLine``.
    func takeSlot() { load += 1 }

    func freeSlot() {
        load -= 1
        onRoom()
    }

    // MARK: Pictures

    /// Puts a picture into the input folder, once for each content.
    ///
    /// - Returns: the name for `LoadImage`.
    /// - Throws: ``FileBytes/Failure`` when its file is gone; else as ``ComfyUIClient/upload(_:name:mime:)``.
    func upload(_ input: StoredInput) async throws -> String {
        if let name = uploads[input.sha256] { return name }
        let path = input.path
        let file = try await offLoop { try FileReading(path) }
        let content = MultipartForm.Content.stream(length: file.size) { try await offLoop { try file.next() } }
        let name = try await client.upload(
            content, name: "\(input.sha256).\(input.fileExtension)", mime: input.mime)
        uploadedBytes += file.size
        if uploads.count >= Self.maxRememberedUploads { uploads.removeAll() }
        uploads[input.sha256] = name
        return name
    }

    /// Whether ``upload(_:)`` has the name of this picture from before.
    func hasUpload(_ sha256: String) -> Bool { uploads[sha256] != nil }

    /// The names may have gone stale: somebody has cleared the input folder.
    func forgetUploads() { uploads = [:] }
}

import HTTPTypes
import JSONText
import Logging
import Loop
import Outbound
import Wire
import Workflows

/// One GPU service: whether it is there, what it can run, how much it has been given.
@LoopActor
final class GPUPod {
    let baseURL: String
    let http: HTTPClient
    private let catalogue: Catalogue
    private let logger: Logger
    private var etag: String?
    /// Its catalogue was read since it is there: a restarted one may have another.
    private var hasTold = false
    private var capacity = 1
    /// Tasks that it has from us now.
    var load = 0
    /// It answered `GET /health` with 200.
    private(set) var isReachable = false
    /// Its ComfyUI answers too, and it has told what it can run.
    private(set) var canRun = false
    /// Called when it may take more work than before.
    var onChange: @LoopActor () -> Void = {}

    private static let interval: Duration = .seconds(1)
    private static let timeouts = ClientRequest.Timeouts(connect: .seconds(5), idle: .seconds(5), total: .seconds(5))

    init(baseURL: String, http: HTTPClient, catalogue: Catalogue, logger: Logger) {
        self.baseURL = baseURL
        self.http = http
        self.catalogue = catalogue
        self.logger = logger
    }

    var hasRoom: Bool { canRun && load < capacity }

    /// Whether it has the workflow in the version that the task was checked against.
    func has(_ task: GenerationTask) -> Bool {
        catalogue.workflow(task.workflow, of: baseURL)?.version == task.version
    }

    /// Whether it has it, and no model or node is missing.
    func isReady(for task: GenerationTask) -> Bool {
        has(task) && catalogue.workflow(task.workflow, of: baseURL)?.ready == true
    }

    /// Asks each second how it is, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let next = ContinuousClock.now + Self.interval
            await probe()
            try? await sleep(for: max(.milliseconds(100), next - .now))
        }
    }

    /// Has it interrupt a task; what comes of that, the task's stream tells.
    func cancel(_ taskID: String) async {
        let timeouts = ClientRequest.Timeouts(connect: .seconds(2), idle: .seconds(5), total: .seconds(5))
        let request = ClientRequest(method: .delete, url: "\(baseURL)/generate/\(taskID)", timeouts: timeouts)
        _ = try? await http.send(request).collect()
    }

    func probe() async {
        let health = await ask("/health", headers: [:])
        let wasRunning = canRun
        note(reachable: health?.status == 200)
        if isReachable { await readCatalogue() }
        canRun = isReachable && hasTold && health?.body["comfyui_available"]?.bool == true
        if canRun { onChange() }
        if canRun != wasRunning {
            logger.info("GPU service", metadata: ["url": .string(baseURL), "can_run": .stringConvertible(canRun)])
        }
    }

    private func note(reachable: Bool) {
        guard reachable != isReachable else { return }
        isReachable = reachable
        let url: Logger.Metadata = ["url": .string(baseURL)]
        if reachable {
            logger.info("GPU service is there", metadata: url)
        } else {
            etag = nil
            hasTold = false
            logger.warning("GPU service is away", metadata: url)
        }
    }

    /// A call to it failed: it is taken to be away until the next look.
    func seemsAway() {
        note(reachable: false)
        canRun = false
    }

    private func readCatalogue() async {
        let answer = await ask("/workflows", headers: etag.map { [.ifNoneMatch: $0] } ?? [:])
        guard let answer, answer.status == 200 else { return }
        do throws(DocumentFault) {
            let read = try WorkflowCatalogue(json: answer.body)
            capacity = max(1, answer.body["capacity"]?.int ?? 1)
            catalogue.update(read, of: baseURL)
            etag = answer.etag
            hasTold = true
        } catch {
            logger.error(
                "A catalogue cannot be read", metadata: ["url": .string(baseURL), "reason": .string(error.reason)])
        }
    }

    private func ask(_ path: String, headers: HTTPFields) async -> (status: Int, body: JSON, etag: String?)? {
        let request = ClientRequest(url: baseURL + path, headers: headers, timeouts: Self.timeouts)
        guard let response = try? await http.send(request), let bytes = try? await response.collect() else {
            return nil
        }
        let body = bytes.isEmpty ? .null : (try? JSON(parsing: bytes)) ?? .null
        return (response.status, body, response.headers[.eTag])
    }
}

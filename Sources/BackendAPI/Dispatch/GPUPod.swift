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
    /// By workflow, the version that it has.
    private var versions: [String: String] = [:]
    private var capacity = 1
    /// Tasks that it has from us now.
    var load = 0
    /// It answered `GET /health` with 200.
    private(set) var isReachable = false
    /// Its ComfyUI answers too.
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

    func has(_ task: GenerationTask) -> Bool { versions[task.workflow] == task.version }

    /// The version that it has of a workflow.
    func version(of workflow: String) -> String? { versions[workflow] }

    /// Asks each second how it is, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await probe()
            try? await sleep(for: Self.interval)
        }
    }

    func probe() async {
        let health = await ask("/health", headers: [:])
        let wasRunning = canRun
        note(reachable: health?.status == 200)
        canRun = isReachable && health?.body["comfyui_available"]?.bool == true
        if isReachable { await readCatalogue() }
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
            versions = Dictionary(uniqueKeysWithValues: read.workflows.map { ($0.name, $0.version) })
            capacity = max(1, answer.body["capacity"]?.int ?? 1)
            catalogue.update(read, of: baseURL)
            etag = answer.etag
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

import Crypto
import HTTPTypes
import JSONText
import Logging
import Loop
import Operations
import Outbound
import Wire
import Workflows

/// One GPU service: whether it is there, what it can run, how much it has been given.
@LoopActor
final class GPUPod {
    let baseURL: String
    private let http: HTTPClient
    private let signer: PodSigner
    private let catalogue: Catalogue
    private let logger: Logger
    private var etag: String?
    /// Its catalogue was read since it is there: a restarted one may have another.
    private var hasTold = false
    private var hasToldRefusal = false
    private var capacity = 1
    /// Tasks that it has from us now.
    var load = 0
    /// It answered `GET /health` with 200.
    private(set) var isReachable = false
    /// Its ComfyUI answers too, and it has told what it can run.
    private(set) var canRun = false
    /// It asked to be left alone until then.
    private var busyUntil = ContinuousClock.now
    /// Prompts that it is to stop, as soon as it can be reached.
    private var toCancel: [(task: String, attempt: Int)] = []
    private var isCancelling = false
    /// Signalled once it can run something, or has had the time to start.
    let introduction = LoopEvent()
    /// Called when it may take more work than before.
    var onChange: @LoopActor () -> Void = {}

    private static let maxToCancel = 10_000
    private static let interval: Duration = .seconds(1)
    private static let startTime: Duration = .seconds(5)
    private static let timeouts = ClientRequest.Timeouts(connect: .seconds(5), idle: .seconds(5), total: .seconds(5))

    init(baseURL: String, http: HTTPClient, signer: PodSigner, catalogue: Catalogue, logger: Logger) {
        self.baseURL = baseURL
        (self.http, self.signer) = (http, signer)
        self.catalogue = catalogue
        self.logger = logger
    }

    var hasRoom: Bool { canRun && load < capacity && ContinuousClock.now >= busyUntil }

    /// Whether it has the workflow in the version that the task was checked against.
    func has(_ kind: TaskQueue.Kind) -> Bool {
        catalogue.workflow(kind.workflow, of: baseURL)?.version == kind.version
    }

    /// Whether it has it, and no model or node is missing.
    func isReady(for kind: TaskQueue.Kind) -> Bool {
        has(kind) && catalogue.workflow(kind.workflow, of: baseURL)?.ready == true
    }

    /// Whether what is sent is hashed and signed.
    var isSigned: Bool { signer.secret != nil }

    /// Sends it a request, signed where the two share a secret.
    ///
    /// - Parameter hash: of its body, where it is known.
    /// - Throws: as `HTTPClient.send(_:)`.
    func send(_ request: ClientRequest, hash: SHA256Digest? = nil) async throws -> ClientResponse {
        try await http.send(signer.signed(request, hash: hash))
    }

    /// Asks each second how it is, until the task is cancelled. The two services start together: one that is not there yet
    /// will be in a moment, so at first it is asked more often.
    func run() async {
        let start = ContinuousClock.now
        while !Task.isCancelled {
            let begin = ContinuousClock.now
            await probe()
            let isStarting = !isReachable && begin - start < Self.startTime
            if canRun || begin - start >= Self.startTime { introduction.signal() }
            let next = isStarting ? .now : begin + Self.interval
            try? await sleep(for: max(.milliseconds(isStarting ? 20 : 100), next - .now))
        }
    }

    /// Has it stop a task's prompt, now or when it is back; what comes of that, the task's stream tells.
    func cancelSoon(_ task: GenerationTask) {
        toCancel.append((task.id, task.attempt))
        if toCancel.count > Self.maxToCancel { toCancel.removeFirst() }
        if isReachable { loopTask { await self.sendCancels() } }
    }

    private func sendCancels() async {
        guard !isCancelling else { return }
        isCancelling = true
        defer { isCancelling = false }
        let timeouts = ClientRequest.Timeouts(connect: .seconds(2), idle: .seconds(15), total: .seconds(15))
        while isReachable, let (task, attempt) = toCancel.first {
            let url = "\(baseURL)/generate/\(task)?attempt=\(attempt)"
            guard let answer = try? await send(ClientRequest(method: .delete, url: url, timeouts: timeouts)),
                (try? await answer.collect()) != nil
            else { return }
            toCancel.removeAll { $0 == (task, attempt) }
        }
    }

    /// It takes nothing for so long.
    func isBusy(for pause: Duration) { busyUntil = max(busyUntil, .now + min(pause, TaskLife.longestPause)) }

    func probe() async {
        let health = await ask("/health", headers: [:])
        let wasRunning = canRun
        note(reachable: health?.status == 200)
        if isReachable { await readCatalogue() }
        if isReachable, !toCancel.isEmpty { loopTask { await self.sendCancels() } }
        canRun = isReachable && hasTold && health?.body["comfyui_available"]?.bool == true
        if canRun { onChange() }
        if canRun != wasRunning {
            logger.info(
                "GPU service", metadata: ["url": .string(Shown.value(baseURL)), "can_run": .stringConvertible(canRun)])
        }
    }

    private func note(reachable: Bool) {
        guard reachable != isReachable else { return }
        isReachable = reachable
        let url: Logger.Metadata = ["url": .string(Shown.value(baseURL))]
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
        guard let answer else { return }
        tell(isRefused: answer.status == 401, answer.body["detail"]?.string ?? "")
        guard answer.status == 200 else { return }
        do throws(DocumentFault) {
            let read = try WorkflowCatalogue(json: answer.body)
            capacity = max(1, answer.body["capacity"]?.int ?? 1)
            catalogue.update(read, of: baseURL)
            etag = answer.etag
            hasTold = true
        } catch {
            logger.error(
                "A catalogue cannot be read",
                metadata: ["url": .string(Shown.value(baseURL)), "reason": .string(error.reason)])
        }
    }

    private func tell(isRefused: Bool, _ reason: String) {
        defer { hasToldRefusal = isRefused }
        guard isRefused, !hasToldRefusal else { return }
        logger.error(
            "A GPU service does not take the backend's requests: GPU_SERVICE_SECRET must be the same for both",
            metadata: ["url": .string(Shown.value(baseURL)), "reason": .string(reason)])
    }

    private func ask(_ path: String, headers: HTTPFields) async -> (status: Int, body: JSON, etag: String?)? {
        let request = ClientRequest(url: baseURL + path, headers: headers, timeouts: Self.timeouts)
        guard let response = try? await send(request), let bytes = try? await response.collect() else {
            return nil
        }
        let body = bytes.isEmpty ? .null : (try? JSON(parsing: bytes)) ?? .null
        return (response.status, body, response.headers[.eTag])
    }
}

import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Wire

/// A GPU service on a free port that does with each `POST /generate` what the test says, and notes what it was sent.
@LoopActor
final class ScriptedGPUService {
    enum Step: Sendable {
        /// `accepted`, `started`, then the result.
        case result
        /// As `result`, but the result comes only once the event is signalled or the task is cancelled.
        case held(LoopEvent)
        /// Half a stream, then the connection is gone.
        case broken
        case failure(GenerationFailure)
        /// No stream: this status and body.
        case refused(HTTPResponse.Status, JSON)
    }

    struct Post: Sendable {
        let workflow: String
        let version: String
        let taskID: String
        let attempt: Int
        let secondsLeft: Double
        let params: JSON
    }

    var catalogue = Samples.catalogue()
    var comfyIsThere = true
    var healthStatus = HTTPResponse.Status.ok
    /// What the next requests get; afterwards `.result`.
    var steps: [Step] = []
    /// What every result is.
    var results: [(bytes: [UInt8], mime: String)]
    /// The next results are answered with these instead.
    var resultStatuses: [HTTPResponse.Status] = []
    /// The next pictures that are sent are answered with these instead.
    var inputStatuses: [HTTPResponse.Status] = []
    var previews: [String] = []
    /// The answer to `POST /inspect`.
    var inspection: JSON = ["ok": true, "code": .null, "faces": [[:]], "reasons": []]
    /// The next inspections are refused: too many wait.
    var busyInspections = 0
    private(set) var inspected: [String] = []
    private(set) var inputs: [String: [UInt8]] = [:]
    private(set) var posts: [Post] = []
    private(set) var cancelled: [String] = []
    /// Tasks whose prompts ComfyUI has.
    private var prompts: Set<String> = []
    private(set) var catalogueReads = 0
    private(set) var cancelEvents: [String: LoopEvent] = [:]
    private let server: HTTPServer
    private var running: Task<Void, Never>?
    let port: Int

    init(port: Int = 0) throws {
        let router = Router()
        server = try HTTPServer(host: "127.0.0.1", port: port, router: router)
        self.port = server.port
        results = [(try Samples.png(), "image/png")]
        addRoutes(to: router)
        running = Task(executorPreference: EventLoop.shared) { [server] in await server.run() }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// Gone, with every connection, as a killed process is.
    func kill() async {
        await server.stop(grace: .zero)
        await running?.value
    }

    func forgetInputs() { inputs = [:] }

    private func addRoutes(to router: Router) {
        router.on(.get, "/health") { [unowned self] _ in
            .json(["status": "healthy", "comfyui_available": .bool(comfyIsThere)], status: healthStatus)
        }
        router.on(.get, "/workflows") { [unowned self] request in
            let tag = "\"\(SHA256.hash(catalogue.text).hex)\""
            if request.headerFields[.ifNoneMatch] == tag { return Response(status: .notModified) }
            catalogueReads += 1
            return .json(catalogue, headers: [.eTag: tag])
        }
        router.on(.get, "/inputs/{hash}") { [unowned self] request in
            inputs[request.parameters["hash"] ?? ""] == nil ? Response(status: .notFound) : Response()
        }
        router.on(.put, "/inputs/{hash}", bodyLimit: 64 << 20) { [unowned self] request in
            let bytes = try await request.body.collect()
            if !inputStatuses.isEmpty { return Response(status: inputStatuses.removeFirst()) }
            let hash = request.parameters["hash"] ?? ""
            guard SHA256.hash(bytes).hex == hash else { return Response(status: .unprocessableContent) }
            inputs[hash] = bytes
            return Response(status: .noContent)
        }
        router.on(.post, "/inspect") { [unowned self] request in
            guard busyInspections == 0 else {
                busyInspections -= 1
                return Response(status: .serviceUnavailable, headers: [.retryAfter: "0"])
            }
            let hash = try JSON(parsing: try await request.body.collect())["input"]?.string ?? ""
            guard inputs[hash] != nil else {
                throw HTTPProblem(.conflict, "Inputs are missing.", extra: ["missing_inputs": [.string(hash)]])
            }
            inspected.append(hash)
            return .json(inspection)
        }
        router.on(.post, "/generate", bodyLimit: 1 << 20) { [unowned self] in try await generate($0) }
        router.on(.delete, "/generate/{id}") { [unowned self] request in
            let id = request.parameters["id"] ?? ""
            cancelled.append(id)
            cancelEvents[id]?.signal()
            return .json(["cancelled": .bool(cancelEvents[id] != nil)])
        }
        router.on(.get, "/results/{id}/{n}") { [unowned self] request in
            if !resultStatuses.isEmpty { return Response(status: resultStatuses.removeFirst()) }
            let result = results[Int(request.parameters["n"] ?? "") ?? 0]
            return Response(headers: [.contentType: result.mime], body: .bytes(result.bytes))
        }
    }

    private func generate(_ request: Request) async throws -> Response {
        let body = try JSON(parsing: try await request.body.collect())
        let hashes = body["params"]?.object?.flatMap { ($1.array ?? [$1]).compactMap(InputReference.sha256) } ?? []
        let missing = hashes.filter { inputs[$0] == nil }
        guard missing.isEmpty else {
            throw HTTPProblem(
                .conflict, "Inputs are missing.", extra: ["missing_inputs": .array(missing.map(JSON.string))])
        }
        let id = body["task_id"]?.string ?? ""
        posts.append(
            Post(
                workflow: body["workflow"]?.string ?? "", version: body["version"]?.string ?? "", taskID: id,
                attempt: body["attempt"]?.int ?? 0, secondsLeft: body["seconds_left"]?.double ?? 0,
                params: body["params"] ?? .null))
        if let refusal = try refusal(posts[posts.count - 1]) { throw refusal }
        let step = steps.isEmpty ? .result : steps.removeFirst()
        if case .refused(let status, let body) = step { return .json(body, status: status) }
        return .events { [unowned self] in try await run(step, id, $0) }
    }

    /// A prompt that is here already needs no workflow.
    private func refusal(_ post: Post) throws -> HTTPProblem? {
        if prompts.contains(post.taskID) { return nil }
        let workflow = catalogue["workflows"]?.array?.first { $0["name"]?.string == post.workflow }
        guard let version = workflow?["version"] else { return HTTPProblem(.notFound, "There is no such workflow.") }
        guard version.string == post.version else {
            return HTTPProblem(.conflict, "It has another version now.", extra: ["version": version])
        }
        prompts.insert(post.taskID)
        return nil
    }

    private func run(_ step: Step, _ id: String, _ body: BodyWriter) async throws {
        func tell(_ event: GenerationEvent) async throws {
            try await body.write(ServerSentEvent(event.name, data: event.data.text).bytes)
        }
        var release = LoopEvent()
        if case .held(let event) = step { release = event }
        cancelEvents[id] = release
        defer { cancelEvents[id] = nil }
        try await tell(.accepted(promptID: "p", found: false))
        try await tell(.started)
        try await tell(.progress(0.5))
        for preview in previews { try await tell(.preview(mime: "image/jpeg", base64: preview)) }
        switch step {
        case .broken: throw CancellationError()
        case .failure(let failure): return try await tell(.error(failure))
        case .held:
            try await release.wait()
            if cancelled.contains(id) { return try await tell(.error(GenerationFailure(.cancelled, "Cancelled."))) }
        case .result, .refused: break
        }
        let outputs = results.enumerated().map { place, result in
            GenerationOutput(
                n: place, node: "9", name: "image", kind: result.mime.hasPrefix("image") ? "image" : "video",
                mime: result.mime, size: result.bytes.count)
        }
        try await tell(.result(outputs))
    }
}

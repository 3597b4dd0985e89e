import HTTP
import HTTPTypes
import JSONText
import Loop

/// A ComfyUI on a free port that says what a test tells it to: its nodes, and what becomes of each prompt. It has no
/// socket, so a service waits half a second for one before it submits.
@LoopActor
final class ScriptedComfyUI {
    enum Place { case pending, running, done }

    /// What `GET /object_info` answers; nil for a 500.
    var nodes: JSON?
    /// `GET /system_stats` is not answered; all else is.
    var isAway = false
    private(set) var nodeReads = 0
    /// The graphs that were submitted, and their ids.
    private(set) var prompts: [JSON] = []
    private(set) var ids: [String] = []
    /// Where each prompt is; a new one comes to `newPlace`.
    var places: [String: Place] = [:]
    var newPlace = Place.done
    /// Of a prompt that is done.
    var outputs: JSON = ["9": ["text": ["done"]]]
    /// Sees a graph before it is taken, and may refuse it.
    var onPrompt: @LoopActor (JSON) async throws -> Response? = { _ in nil }
    /// How often it was asked to stop something; the first `deafTo` times in vain.
    private(set) var stops = 0
    var deafTo = 0
    /// The input folder.
    var files: Set<String> = []
    private(set) var uploads = 0
    var uploadStatus = HTTPResponse.Status.ok
    var viewStatus = HTTPResponse.Status.ok
    /// What was taken out of its history.
    private(set) var forgotten: [String] = []
    private let server: HTTPServer
    private var running: Task<Void, Never>?

    init(nodes: JSON?, port: Int = 0) throws {
        self.nodes = nodes
        let router = Router()
        server = try HTTPServer(host: "127.0.0.1", port: port, router: router)
        addRoutes(to: router)
        addQueue(to: router)
        addFiles(to: router)
        running = Task(executorPreference: EventLoop.shared) { [server] in await server.run() }
    }

    var port: Int { server.port }
    var url: String { "http://127.0.0.1:\(server.port)" }

    /// Gone, with every connection, as a killed process is.
    func kill() async {
        await server.stop(grace: .zero)
        await running?.value
    }

    private func addRoutes(to router: Router) {
        router.on(.get, "/system_stats") { [unowned self] _ in
            isAway ? Response(status: .serviceUnavailable) : .json(["system": ["os": "posix"]])
        }
        router.on(.get, "/object_info") { [unowned self] _ in
            nodeReads += 1
            return nodes.map { Response.json($0) } ?? Response(status: .internalServerError)
        }
        router.on(.post, "/prompt", bodyLimit: 1 << 20) { [unowned self] request in
            let body = try JSON(parsing: try await request.body.collect())
            let id = body["prompt_id"]?.string ?? ""
            if let refusal = try await onPrompt(body["prompt"] ?? .null) { return refusal }
            prompts.append(body["prompt"] ?? .null)
            ids.append(id)
            places[id] = newPlace
            return .json(["prompt_id": .string(id), "number": 1, "node_errors": [:]])
        }
        router.on(.get, "/history/{id}") { [unowned self] request in
            let id = request.parameters["id"] ?? ""
            guard places[id] == .done else { return .json([:]) }
            let entry: JSON = [
                "outputs": outputs, "status": ["status_str": "success", "completed": true, "messages": []],
            ]
            return .json(.object([id: entry]))
        }
        router.on(.post, "/history") { [unowned self] request in
            let body = try JSON(parsing: try await request.body.collect())
            forgotten += (body["delete"]?.array ?? []).compactMap(\.string)
            return Response()
        }
    }

    private func addQueue(to router: Router) {
        router.on(.get, "/queue") { [unowned self] _ in
            .json(["queue_running": all(.running), "queue_pending": all(.pending)])
        }
        router.on(.post, "/queue") { [unowned self] request in
            let body = try JSON(parsing: try await request.body.collect())
            stops += 1
            for id in body["delete"]?.array ?? [] { stop(id.string, at: .pending) }
            return Response()
        }
        router.on(.post, "/interrupt") { [unowned self] request in
            let body = try JSON(parsing: try await request.body.collect())
            stop(body["prompt_id"]?.string, at: .running)
            return Response()
        }
    }

    private func all(_ place: Place) -> JSON {
        .array(places.filter { $0.value == place }.map { [1, .string($0.key), [:]] })
    }

    private func stop(_ id: String?, at place: Place) {
        guard stops > deafTo, let id, places[id] == place else { return }
        places[id] = nil
    }

    private func addFiles(to router: Router) {
        router.on(.post, "/upload/image", bodyLimit: 1 << 20) { [unowned self] request in
            let text = String(decoding: try await request.body.collect(), as: UTF8.self)
            let name = text.split(separator: "filename=\"").dropFirst().first?.prefix { $0 != "\"" } ?? ""
            uploads += 1
            guard uploadStatus == .ok else { return Response(status: uploadStatus) }
            files.insert("easel/\(name)")
            return .json(["name": .string(String(name)), "subfolder": "easel", "type": "input"])
        }
        router.on(.get, "/view") { [unowned self] _ in
            viewStatus == .ok ? .text("a picture") : Response(status: viewStatus)
        }
    }
}

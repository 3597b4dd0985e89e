import HTTP
import HTTPTypes
import JSONText
import Loop

/// A ComfyUI on a free port that says what a test tells it to: its nodes, and that each prompt has succeeded.
@LoopActor
final class ScriptedComfyUI {
    /// What `GET /object_info` answers; nil for a 500.
    var nodes: JSON?
    private(set) var nodeReads = 0
    /// The graphs that were submitted.
    private(set) var prompts: [JSON] = []
    private var ids: [String] = []
    private let server: HTTPServer
    private var running: Task<Void, Never>?

    init(nodes: JSON?, port: Int = 0) throws {
        self.nodes = nodes
        let router = Router()
        server = try HTTPServer(host: "127.0.0.1", port: port, router: router)
        addRoutes(to: router)
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
        router.on(.get, "/system_stats") { _ in .json(["system": ["os": "posix"]]) }
        router.on(.get, "/queue") { _ in .json(["queue_running": [], "queue_pending": []]) }
        router.on(.get, "/object_info") { [unowned self] _ in
            nodeReads += 1
            return nodes.map { Response.json($0) } ?? Response(status: .internalServerError)
        }
        router.on(.post, "/prompt", bodyLimit: 1 << 20) { [unowned self] request in
            let body = try JSON(parsing: try await request.body.collect())
            prompts.append(body["prompt"] ?? .null)
            ids.append(body["prompt_id"]?.string ?? "")
            return .json(["prompt_id": body["prompt_id"] ?? .null, "number": 1, "node_errors": [:]])
        }
        router.on(.get, "/history/{id}") { [unowned self] request in
            let id = request.parameters["id"] ?? ""
            guard ids.contains(id) else { return .json([:]) }
            let entry: JSON = [
                "outputs": ["9": ["text": ["done"]]],
                "status": ["status_str": "success", "completed": true, "messages": []],
            ]
            return .json(.object([id: entry]))
        }
    }
}

import Crypto
import GRDB
import HTTPTypes
import JSONText
import Logging
import Loop
import Operations
import Outbound
import TestSupport

@testable import BackendAPI

/// The backend on a free port and a folder, in this process.
@LoopActor
final class RunningBackend {
    let backend: Backend
    let client = HTTPClient()
    private let running: Task<Void, Never>
    private(set) var isStopped = false

    init(
        folder: String, pods: [String], settings: [String: String] = [:], clock: AccessClock = AccessClock()
    ) async throws {
        var environment = settings
        environment["BACKEND_HOST"] = "127.0.0.1"
        environment["BACKEND_PORT"] = "0"
        environment["DATA_PATH"] = folder
        environment["GPU_SERVICE_URL"] = pods.joined(separator: ",")
        let reader = SettingsReader(environment: environment)
        let configuration = Configuration(reading: reader)
        try reader.finish()
        let backend = try await Backend(
            configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: clock)
        self.backend = backend
        running = Task(executorPreference: EventLoop.shared) { await backend.run() }
    }

    var url: String { "http://127.0.0.1:\(backend.port)" }

    /// As SIGTERM does; returns when all is closed.
    ///
    /// - Parameter closingClient: false where answers are still to be read.
    func stop(grace: Duration = .seconds(10), closingClient: Bool = true) async {
        guard !isStopped else { return }
        isStopped = true
        await backend.stop(grace: grace)
        await running.value
        if closingClient { client.close() }
    }

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let bytes: [UInt8]

        var json: JSON { (try? JSON(parsing: bytes)) ?? .null }
        /// The places of a 422's faults.
        var places: [String] { (json["detail"]?.array ?? []).map { ($0["loc"] ?? .null).text } }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, body: ClientRequest.Body = .none, headers: HTTPFields = [:]
    ) async throws -> ClientResponse {
        try await client.send(
            ClientRequest(
                method: method, url: url + path, headers: headers, body: body,
                timeouts: .init(connect: .seconds(60), idle: .seconds(300)), maxBodyBytes: 256 << 20))
    }

    func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, headers: HTTPFields = [:]
    ) async throws -> Answer {
        let response = try await send(
            method, path, body: body.map { .bytes($0.serialized()) } ?? .none, headers: headers)
        return Answer(status: response.status, headers: response.headers, bytes: try await response.collect())
    }

    func generate(_ body: JSON, headers: HTTPFields = [:]) async throws -> Answer {
        try await call(.post, "/generate", body, headers: headers)
    }

    func submit(
        _ body: JSON = ["mode": "paint", "prompt": "a cat"], headers: HTTPFields = [:]
    ) async throws -> String {
        let answer = try await generate(body, headers: headers)
        guard answer.status == 200, let id = answer.json["task_id"]?.string else {
            throw Refused(answer: String(decoding: answer.bytes, as: UTF8.self))
        }
        return id
    }

    struct Refused: Error { let answer: String }

    func task(_ id: String) async throws -> JSON { try await call(.get, "/tasks/\(id)").json }

    /// The task when it has ended.
    func end(of id: String) async throws -> JSON {
        while true {
            let task = try await call(.get, "/tasks/\(id)?wait=60").json
            if ["done", "failed", "cancelled"].contains(task["status"]?.string ?? "") { return task }
        }
    }

    func untilHealthy() async throws {
        try await until { try await self.call(.get, "/health").json["status"] == "healthy" }
    }
}

/// A backend and a GPU service for the time of a test.
@LoopActor
func withBackend(
    settings: [String: String] = [:], clock: AccessClock = AccessClock(),
    _ body: @LoopActor (RunningBackend, ScriptedGPUService, TemporaryFolder) async throws -> Void
) async throws {
    startLoop()
    let folder = try TemporaryFolder()
    let pod = try ScriptedGPUService()
    let backend = try await RunningBackend(folder: folder.path, pods: [pod.url], settings: settings, clock: clock)
    try await backend.untilHealthy()
    do {
        try await body(backend, pod, folder)
    } catch {
        await backend.stop(grace: .zero)
        await pod.kill()
        throw error
    }
    await backend.stop(grace: .zero)
    await pod.kill()
}

/// The rows of a folder's database; no backend may have it.
@LoopActor
func rows(in folder: TemporaryFolder) throws -> [GenerationTask] {
    let queue = try DatabaseQueue(path: folder.path + "/easel.db")
    defer { try? queue.close() }
    return try queue.read { try TaskRow.page(state: nil, workflow: nil, before: .max, limit: 1000, $0) }
}

import Foundation
import JSONText
import Loop

@testable import ComfySandbox

/// A sandbox on a free port with a folder of its own, for the time of one test.
@LoopActor
final class RunningSandbox {
    let port: Int
    let folder: String
    let sandbox: Sandbox
    /// Signalled where the process would have ended.
    let hasDied = LoopEvent()

    private init(_ settings: Settings) throws {
        folder = settings.path
        let died = hasDied
        sandbox = try Sandbox(settings) { died.signal() }
        port = try sandbox.listen()
    }

    /// Runs `body` against a sandbox whose steps take a millisecond.
    static func with(
        workflows: [String: JSON] = [:], _ body: @escaping @LoopActor @Sendable (RunningSandbox) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/sandbox-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var settings = Settings(path: folder + "/files")
        settings.port = 0
        settings.logLevel = .error
        settings.stepMilliseconds = 1
        settings.workflowsPath = folder + "/workflows"
        try FileManager.default.createDirectory(atPath: folder + "/workflows", withIntermediateDirectories: true)
        for (name, graph) in workflows {
            try Data(graph.serialized()).write(to: URL(fileURLWithPath: folder + "/workflows/\(name).json"))
        }
        let running = try RunningSandbox(settings)
        let serving = Task(executorPreference: EventLoop.shared) { await running.sandbox.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(running)) } catch { result = .failure(error) }
        await running.sandbox.stop()
        await serving.value
        try result.get()
    }

    /// Returns once the sandbox is as `isSo` says; it looks again whenever the loop has had a turn.
    func until(_ isSo: () -> Bool) async throws {
        while !isSo() { try await sleep(for: .milliseconds(1)) }
    }

    // MARK: Asking

    func get(_ path: String, headers: String = "") async throws -> RawAnswer {
        try await raw("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\(headers)\r\n")
    }

    func send(_ method: String, _ path: String, _ body: JSON) async throws -> RawAnswer {
        let bytes = body.serialized()
        return try await raw(
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: \(bytes.count)\r\n\r\n",
            bytes)
    }

    func post(_ path: String, _ body: JSON) async throws -> RawAnswer { try await send("POST", path, body) }

    func json(_ path: String) async throws -> JSON { try JSON(parsing: try await get(path).body) }

    func raw(_ head: String, _ body: [UInt8] = []) async throws -> RawAnswer {
        let connection = try await TCPConnection.connect(host: "127.0.0.1", port: port, timeout: .seconds(20))
        defer { connection.close() }
        try await connection.write(Array(head.utf8) + body)
        var received: [UInt8] = []
        while let bytes = try await connection.read() { received += bytes }
        return try RawAnswer(received, isHead: head.hasPrefix("HEAD"))
    }

    func socket(_ path: String) async throws -> TestSocket { try await TestSocket(port: port, path: path) }

    /// Submits a graph and gives the events of its own until the last one.
    @discardableResult
    func run(_ graph: JSON, id: String, extra: JSONObject = [:]) async throws -> [TestSocket.Message] {
        let socket = try await socket("/ws?clientId=runner-\(id)")
        let members = extra.merging([
            "prompt": graph, "prompt_id": .string(id), "client_id": .string("runner-\(id)"),
        ])
        _ = try await post("/prompt", .object(members))
        let messages = try await socket.messagesUntilEnd()
        await socket.close()
        return messages
    }
}

/// An answer as it came off the socket.
struct RawAnswer {
    struct NoAnswer: Error {}

    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    init(_ bytes: [UInt8], isHead: Bool = false) throws {
        let data = Data(bytes)
        guard let end = data.range(of: Data("\r\n\r\n".utf8)) else { throw NoAnswer() }
        let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw NoAnswer()
        }
        self.status = status
        headers = Dictionary(
            lines.dropFirst().compactMap { line in
                line.firstIndex(of: ":").map {
                    (line[..<$0].lowercased(), line[line.index(after: $0)...].trimmingCharacters(in: .whitespaces))
                }
            }
        ) { first, _ in first }
        body = [UInt8](data[end.upperBound...])
    }

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON? { try? JSON(parsing: body) }
}

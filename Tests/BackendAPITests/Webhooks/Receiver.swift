import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Testing

@testable import BackendAPI

/// An application that is told by webhook: a server on a free port, which answers what the test says.
@LoopActor
final class Receiver {
    struct Call: Sendable {
        let path: String
        let id: String
        let timestamp: Int64
        let signature: String
        let body: String

        var json: JSON { (try? JSON(parsing: Array(body.utf8))) ?? .null }
        var type: String { json["type"]?.string ?? "" }

        /// As a receiver verifies it, with nothing of the sender's code but the digest.
        func isSigned(with key: [UInt8]) -> Bool {
            signature == "v1," + Base64.encode(HMAC.sha256(key: key, data: Array("\(id).\(timestamp).\(body)".utf8)))
        }
    }

    private(set) var calls: [Call] = []
    /// Calls that are being answered, and the most that ever were.
    private(set) var open = 0
    private(set) var mostOpen = 0
    /// The next answers; afterwards 204.
    var answers: [Response] = []
    /// Nobody is answered before it is signalled.
    var gate: LoopEvent?
    let port: Int
    private let server: HTTPServer
    private var running: Task<Void, Never>?

    nonisolated static let key = Array("a key of thirty-two bytes, ok? ok".utf8.prefix(32))
    nonisolated static let secret = "whsec_" + Base64.encode(key)

    init() throws {
        let router = Router()
        server = try HTTPServer(host: "127.0.0.1", port: 0, router: router)
        port = server.port
        router.on(.post, "/{path...}") { [unowned self] in try await take($0) }
        running = Task(executorPreference: EventLoop.shared) { [server] in await server.run() }
    }

    func url(_ path: String = "/hook", host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

    private func take(_ request: Request) async throws -> Response {
        let headers = request.headerFields
        calls.append(
            Call(
                path: request.path, id: headers[.webhookID] ?? "",
                timestamp: headers[.webhookTimestamp].flatMap { Int64($0) } ?? 0,
                signature: headers[.webhookSignature] ?? "",
                body: String(decoding: try await request.body.collect(), as: UTF8.self)))
        open += 1
        mostOpen = max(mostOpen, open)
        defer { open -= 1 }
        try await gate?.wait()
        return answers.isEmpty ? Response(status: .noContent) : answers.removeFirst()
    }

    func stop() async {
        await server.stop(grace: .zero)
        await running?.value
    }
}

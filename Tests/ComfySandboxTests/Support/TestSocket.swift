import Foundation
import JSONText
import Loop

@testable import ComfySandbox

/// The client's side of a WebSocket.
@LoopActor
final class TestSocket {
    enum Message {
        case event(JSON)
        case binary([UInt8])

        var type: String? {
            if case .event(let json) = self { json["type"]?.string } else { nil }
        }
        var data: JSON? {
            if case .event(let json) = self { json["data"] } else { nil }
        }
        var bytes: [UInt8]? {
            if case .binary(let bytes) = self { bytes } else { nil }
        }
    }

    struct Refused: Error { let status: Int }
    struct Ended: Error {}

    private let connection: TCPConnection
    private var frames = WebSocketFrameReader(maximumBytes: 64 << 20)

    init(port: Int, path: String) async throws {
        connection = try await TCPConnection.connect(host: "127.0.0.1", port: port, timeout: .seconds(20))
        try await connection.write(
            Array(
                ("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").utf8))
        var received: [UInt8] = []
        while Data(received).range(of: Data("\r\n\r\n".utf8)) == nil {
            guard let bytes = try await connection.read() else { throw Ended() }
            received += bytes
        }
        let answer = try RawAnswer(received)
        guard answer.status == 101, answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
            throw Refused(status: answer.status)
        }
        frames.feed(answer.body)
    }

    func send(_ text: String) async throws {
        try await connection.write(WebSocketFrame(kind: .text, payload: Array(text.utf8)).encoded(mask: [1, 2, 3, 4]))
    }

    /// - Throws: ``Ended`` when the server has closed.
    func next() async throws -> Message {
        while true {
            if let frame = try frames.next() {
                if frame.kind == .text { return .event(try JSON(parsing: frame.payload)) }
                if frame.kind == .binary { return .binary(frame.payload) }
                throw Ended()
            }
            guard let bytes = try? await connection.read() else { throw Ended() }
            frames.feed(bytes)
        }
    }

    /// Everything up to and with `executing` of no node.
    func messagesUntilEnd() async throws -> [Message] {
        var messages: [Message] = []
        while true {
            let message = try await next()
            messages.append(message)
            if message.type == "executing", message.data?["node"] == .null { return messages }
        }
    }

    /// Everything up to and with the first message that `isLast` is true for.
    func messages(until isLast: (Message) -> Bool) async throws -> [Message] {
        var messages: [Message] = []
        while true {
            let message = try await next()
            messages.append(message)
            if isLast(message) { return messages }
        }
    }

    func close() { connection.close() }
}

import JSONText
import Loop
import WebSocket

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

    struct Ended: Error {}

    private let socket: WebSocketConnection

    /// - Throws: `WebSocketError` when the server refuses.
    init(port: Int, path: String) async throws {
        socket = try await WebSocketClient.connect(url: "ws://127.0.0.1:\(port)\(path)", timeout: .seconds(60))
    }

    func send(_ text: String) async throws { try await socket.send(.text(text)) }

    /// - Throws: ``Ended`` when the server has closed.
    func next() async throws -> Message {
        switch try? await socket.receive() {
        case .text(let text): return .event(try JSON(parsing: text))
        case .binary(let bytes): return .binary(bytes)
        case nil: throw Ended()
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

    func close() async { await socket.close() }
}

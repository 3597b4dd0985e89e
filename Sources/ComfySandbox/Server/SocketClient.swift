import JSONText
import Loop
import WebSocket

/// One socket: hears what its client says, sends what is queued for it.
@LoopActor
final class SocketClient {
    let sid: String
    /// Whether its first message asked for previews that say whose they are.
    private(set) var wantsMetadata = false
    private var hasSpoken = false
    private let connection: TCPConnection
    private let socket: WebSocketConnection
    private let outbox: AsyncStream<WebSocketMessage>
    private let queue: AsyncStream<WebSocketMessage>.Continuation
    private var queuedBytes = 0
    /// A client that reads nothing loses its socket once so much waits for it.
    private static let outboxLimit = 64 << 20
    private static let messageLimit = 1 << 20

    /// - Parameter leftover: bytes that came behind the handshake.
    init(_ connection: TCPConnection, leftover: [UInt8], sid: String) {
        self.connection = connection
        self.sid = sid
        socket = WebSocketConnection(
            connection, role: .server, leftover: leftover, maxMessageBytes: Self.messageLimit)
        (outbox, queue) = AsyncStream.makeStream()
    }

    func send(_ text: String) { send(.text(text), bytes: text.utf8.count) }

    func send(binary bytes: [UInt8]) { send(.binary(bytes), bytes: bytes.count) }

    private func send(_ message: WebSocketMessage, bytes: Int) {
        queuedBytes += bytes
        if queuedBytes > Self.outboxLimit { return drop() }
        queue.yield(message)
    }

    /// Closes the connection with no close frame.
    func drop() {
        queue.finish()
        connection.close()
    }

    /// Returns when the socket is closed.
    func run() async {
        let writer = Task(executorPreference: EventLoop.shared) { await self.write() }
        // A peer that breaks off or breaks the rules is let go like one that says goodbye.
        while let message = try? await socket.receive() { heard(message) }
        drop()
        await writer.value
    }

    private func write() async {
        for await message in outbox {
            switch message {
            case .text(let text): queuedBytes -= text.utf8.count
            case .binary(let bytes): queuedBytes -= bytes.count
            }
            guard (try? await socket.send(message)) != nil else { return drop() }
        }
    }

    /// Only the first object that a client sends can ask for something.
    private func heard(_ message: WebSocketMessage) {
        guard case .text(let text) = message, !hasSpoken, let json = try? JSON(parsing: text), let object = json.object
        else { return }
        hasSpoken = true
        guard object["type"] == "feature_flags" else { return }
        wantsMetadata = object["data"]?["supports_preview_metadata"]?.bool ?? false
        send(Event(type: "feature_flags", data: Event.features, audience: .nobody).text)
    }
}

import Foundation
import JSONText
import Loop

/// One WebSocket: reads what its client says, writes what is queued for it.
@LoopActor
final class SocketClient {
    let sid: String
    /// Whether its first message asked for previews that say whose they are.
    private(set) var wantsMetadata = false
    private var hasSpoken = false
    private let connection: TCPConnection
    private let outbox: AsyncStream<[UInt8]>
    private let queue: AsyncStream<[UInt8]>.Continuation
    private var queuedBytes = 0
    /// A client that reads nothing loses its socket once so much waits for it.
    private static let outboxLimit = 64 << 20
    private static let messageLimit = 1 << 20

    init(_ connection: TCPConnection, sid: String) {
        self.connection = connection
        self.sid = sid
        (outbox, queue) = AsyncStream.makeStream()
    }

    func send(_ text: String) { send(.init(kind: .text, payload: Array(text.utf8))) }

    func send(binary bytes: [UInt8]) { send(.init(kind: .binary, payload: bytes)) }

    private func send(_ frame: WebSocketFrame) {
        let bytes = frame.encoded()
        queuedBytes += bytes.count
        if queuedBytes > Self.outboxLimit { return drop() }
        queue.yield(bytes)
    }

    /// Closes the connection with no close frame.
    func drop() {
        queue.finish()
        connection.close()
    }

    /// Returns when the socket is closed.
    func run(leftover: [UInt8]) async {
        let writer = Task(executorPreference: EventLoop.shared) { await self.write() }
        do { try await read(leftover) } catch { /* A peer that breaks off or breaks the rules is let go either way. */
        }
        drop()
        await writer.value
    }

    private func write() async {
        for await bytes in outbox {
            queuedBytes -= bytes.count
            guard (try? await connection.write(bytes)) != nil else { return drop() }
        }
    }

    private func read(_ leftover: [UInt8]) async throws {
        var frames = WebSocketFrameReader(maximumBytes: Self.messageLimit)
        var message: [UInt8] = []
        frames.feed(leftover)
        while true {
            while let frame = try frames.next() {
                switch frame.kind {
                case .close:
                    return try await connection.write(WebSocketFrame(kind: .close, payload: frame.payload).encoded())
                case .ping: send(.init(kind: .pong, payload: frame.payload))
                case .pong: break
                case .text, .binary, .continuation:
                    message += frame.payload
                    guard message.count <= Self.messageLimit else { return }
                    if frame.isLast {
                        heard(message)
                        message = []
                    }
                }
            }
            guard let bytes = try await connection.read() else { return }
            frames.feed(bytes)
        }
    }

    /// Only the first object that a client sends can ask for something.
    private func heard(_ message: [UInt8]) {
        guard let json = try? JSON(parsing: message), let object = json.object, !hasSpoken else { return }
        hasSpoken = true
        guard object["type"] == "feature_flags" else { return }
        wantsMetadata = object["data"]?["supports_preview_metadata"]?.bool ?? false
        send(Event(type: "feature_flags", data: Event.features, audience: .nobody).text)
    }
}

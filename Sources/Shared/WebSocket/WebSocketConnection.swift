public import Loop

/// A WebSocket (RFC 6455) over a TCP connection.
///
/// It reads the socket all the time, whether or not anybody calls ``receive()``: a client that stops reading stalls
/// ComfyUI's events for everybody. What is not taken waits in a bounded queue, in which the oldest binary messages
/// (previews) make room first. Dropping the last reference closes it.
@LoopActor
public final class WebSocketConnection {
    public enum Role: Sendable { case client, server }

    /// Messages, and their bytes, that may wait to be received.
    public nonisolated static let maxQueuedMessages = 1024
    public nonisolated static let maxQueuedBytes = 67_108_864
    /// Bytes that may wait to be sent before no further frame is taken.
    public nonisolated static let maxUnsentBytes = 67_108_864

    private let connection: TCPConnection
    private let codec: FrameCodec
    private let writer: FrameWriter
    private var queue = MessageQueue()
    private var arrival: LoopEvent?
    private var ending: Result<Void, WebSocketError>?
    private let ended = LoopEvent()
    private var isClosing = false
    /// The goodbye is still on its way, and whoever sends it closes the connection.
    private var isLingering = false
    private var reader: Task<Void, Never>?
    private var keepAlive: LoopTimer?
    private var wasHeard = true

    /// The status code of the peer's closing frame (RFC 6455 §7.4; 1005 for none), once there was one.
    public private(set) var closeCode: Int?
    /// Binary messages that made room for others because nobody took them in time.
    public var droppedMessages: Int { queue.dropped }

    /// How long an end waits: for the peer's closing frame, and for the peer to hang up.
    private nonisolated static let farewell = Duration.seconds(1)

    /// - Parameters:
    ///   - leftover: bytes that came behind the handshake: the first frames.
    ///   - maxMessageBytes: a larger message ends the connection (close code 1009).
    ///   - pingInterval: how often the peer is pinged; one that says nothing for two intervals is given up.
    public init(
        _ connection: TCPConnection, role: Role, leftover: [UInt8] = [], maxMessageBytes: Int = 67_108_864,
        pingInterval: Duration? = nil
    ) {
        self.connection = connection
        writer = FrameWriter(connection)
        codec = FrameCodec(role: role == .client ? .client : .server, maxMessageBytes: maxMessageBytes)
        reader = loopTask { [weak self, connection] in
            var bytes: [UInt8]? = leftover
            var reason = ""
            while let piece = bytes {
                // Not held while it waits for bytes: an unused connection must be able to go.
                guard self?.take(piece) == true else { return }
                do { bytes = try await connection.read() } catch {
                    bytes = nil
                    reason = ": \(error)"
                }
            }
            self?.end(.failure(WebSocketError(.abrupt, "the connection ended with no closing frame\(reason)")))
        }
        if let pingInterval { startKeepAlive(pingInterval) }
    }

    isolated deinit {
        keepAlive?.close()
        guard !isLingering else { return }
        reader?.cancel()
        connection.close()
    }

    /// The next message; nil once the peer has closed the connection properly, or it was closed here.
    ///
    /// What came before an end is still handed out first.
    /// - Throws: ``WebSocketError`` when it ended in any other way; `CancellationError`, which leaves it usable.
    public func receive() async throws -> WebSocketMessage? {
        while true {
            if let message = queue.take() { return message }
            if let ending {
                try ending.get()
                return nil
            }
            let event = arrival ?? LoopEvent()
            arrival = event
            try await event.wait()
        }
    }

    /// Sends a message; returns when the kernel has it, so that a slow peer slows the sender.
    ///
    /// - Throws: ``WebSocketError`` when the connection has ended, or too much waits to be sent already;
    ///   `CancellationError`: the message goes out all the same, and the connection stays usable.
    public func send(_ message: WebSocketMessage) async throws {
        if let ending { try ending.get() }
        guard ending == nil, !isClosing else { throw WebSocketError(.abrupt, "the connection is closed") }
        guard writer.backlog <= Self.maxUnsentBytes else {
            throw WebSocketError(.overflow, "over \(Self.maxUnsentBytes) bytes wait to be sent")
        }
        codec.send(message)
        try await writer.put(codec.takeOutput()).wait()
        guard writer.hasFailed else { return }
        if let ending { try ending.get() }
        throw WebSocketError(.abrupt, "the connection broke while a message was sent")
    }

    /// Says goodbye, waits at most a second for the peer to do the same, and closes. Safe to call twice.
    ///
    /// - Parameter code: a status code that may be sent (RFC 6455 §7.4): 1000…1003, 1007…1011, 3000…4999.
    public func close(code: UInt16 = 1000) async {
        if ending == nil {
            if !isClosing {
                isClosing = true
                codec.close(code)
                writer.put(codec.takeOutput())
            }
            try? await withDeadline(Self.farewell) { [ended] in try await ended.wait() }
        }
        end(.success(()))
    }

    // MARK: Inside

    /// - Returns: whether there is more to read.
    private func take(_ bytes: [UInt8]) -> Bool {
        guard ending == nil else { return false }
        wasHeard = true
        let (events, violation) = codec.receive(bytes)
        do throws(WebSocketError) {
            for event in events { try take(event) }
            if let violation { throw violation }
            guard writer.backlog <= Self.maxUnsentBytes else {
                throw WebSocketError(.overflow, "the peer asks and reads no answer")
            }
        } catch {
            if error.kind == .overflow { codec.close(1008) }
            depart(.failure(error))
        }
        if ending == nil { writer.put(codec.takeOutput()) }
        wake()
        return ending == nil
    }

    private func take(_ event: FrameCodec.Event) throws(WebSocketError) {
        switch event {
        case .message(let message): try queue.put(message)
        case .pong: break
        case .close(let code):
            closeCode = code
            depart(.success(()))
        }
    }

    /// Ends, and has the goodbye sent that wslay has ready. Hanging up at once would make the kernel send a reset if
    /// bytes were left unread, and the peer might never see the closing frame: so the peer hangs up first.
    private func depart(_ result: Result<Void, WebSocketError>) {
        guard ending == nil else { return }
        isLingering = true
        let sent = writer.put(codec.takeOutput())
        loopTask { [connection] in
            try? await withDeadline(Self.farewell) {
                try await sent.wait()
                connection.finishWriting()
                while try await connection.read() != nil {}
            }
            connection.close()
        }
        end(result)
    }

    private func end(_ result: Result<Void, WebSocketError>) {
        guard ending == nil else { return }
        keepAlive?.close()
        ending = isClosing ? .success(()) : result
        if !isLingering { connection.close() }
        ended.signal()
        wake()
    }

    private func wake() {
        arrival?.signal()
        arrival = nil
    }

    private func startKeepAlive(_ interval: Duration) {
        let timer = LoopTimer { [weak self] in self?.checkAlive() }
        timer.start(after: interval, every: interval)
        keepAlive = timer
    }

    private func checkAlive() {
        guard wasHeard else { return end(.failure(WebSocketError(.silent, "the peer answered no ping"))) }
        wasHeard = false
        codec.ping()
        writer.put(codec.takeOutput())
    }
}

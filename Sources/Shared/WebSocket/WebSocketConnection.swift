public import Loop

/// A WebSocket (RFC 6455) over a TCP connection.
///
/// It reads the socket all the time, whether or not anybody calls ``receive()``: a client that stops reading stalls
/// ComfyUI's events for everybody. What is not taken waits in a bounded queue, in which the oldest binary messages
/// (previews) make room first.
@LoopActor
public final class WebSocketConnection {
    public enum Role: Sendable { case client, server }

    /// Messages, and their bytes, that may wait to be received.
    public nonisolated static let maxQueuedMessages = 1024
    public nonisolated static let maxQueuedBytes = 67_108_864

    private let connection: TCPConnection
    private let codec: FrameCodec
    private var queue = MessageQueue()
    private var arrival: LoopEvent?
    private var ending: Result<Void, WebSocketError>?
    private let ended = LoopEvent()
    private var isWriting = false
    private var unsent: [UInt8] = []
    private var reader: Task<Void, Never>?
    private var keepAlive: LoopTimer?
    private var wasHeard = true

    /// - Parameters:
    ///   - leftover: bytes that came behind the handshake: the first frames.
    ///   - maxMessageBytes: a larger message ends the connection (close code 1009).
    ///   - pingInterval: how often the peer is pinged; one that says nothing for two intervals is given up.
    public init(
        _ connection: TCPConnection, role: Role, leftover: [UInt8] = [], maxMessageBytes: Int = 67_108_864,
        pingInterval: Duration? = nil
    ) {
        self.connection = connection
        codec = FrameCodec(role: role == .client ? .client : .server, maxMessageBytes: maxMessageBytes)
        reader = Task { [weak self, connection] in
            var bytes: [UInt8]? = leftover
            while let piece = bytes {
                // Not held while it waits for bytes: an unused connection must be able to go.
                guard self?.take(piece) == true else { return }
                do { bytes = try await connection.read() } catch { bytes = nil }
            }
            self?.end(.failure(WebSocketError(.abrupt, "the connection ended with no closing frame")))
        }
        if let pingInterval { startKeepAlive(pingInterval) }
    }

    isolated deinit {
        reader?.cancel()
        keepAlive?.close()
        connection.close()
    }

    /// The next message; nil once the peer has closed the connection properly, or it was closed here.
    ///
    /// - Throws: ``WebSocketError`` when it ended in any other way; `CancellationError`, which leaves it usable.
    public func receive() async throws -> WebSocketMessage? {
        while true {
            if let message = queue.take() { return message }
            if let ending {
                try ending.get()
                return nil
            }
            let event = LoopEvent()
            arrival = event
            try await event.wait()
        }
    }

    /// Sends a message; returns when the kernel has it.
    ///
    /// - Throws: when the connection has ended.
    public func send(_ message: WebSocketMessage) async throws {
        if let ending {
            try ending.get()
            throw WebSocketError(.abrupt, "the connection is closed")
        }
        codec.send(message)
        try await flush()
    }

    /// Says goodbye, waits at most a second for the peer to do the same, and closes. Safe to call twice.
    public func close(code: UInt16 = 1000) async {
        if ending == nil {
            codec.close(code)
            try? await flush()
            try? await withDeadline(.seconds(1)) { [ended] in try await ended.wait() }
        }
        end(.success(()))
    }

    // MARK: Inside

    /// - Returns: whether there is more to read.
    private func take(_ bytes: [UInt8]) -> Bool {
        guard ending == nil else { return false }
        wasHeard = true
        do throws(WebSocketError) {
            for event in try codec.receive(bytes) {
                switch event {
                case .message(let message): try queue.put(message)
                case .pong: break
                case .close: finish(.success(()))
                }
            }
        } catch {
            finish(.failure(error))
        }
        wake()
        if ending == nil { sendSoon() }
        return ending == nil
    }

    /// Answers what has to be answered (a close, a ping), then ends.
    private func finish(_ result: Result<Void, WebSocketError>) {
        let goodbye = codec.takeOutput()
        let connection = connection
        Task {
            try? await withDeadline(.seconds(1)) { try await connection.write(goodbye) }
            connection.close()
        }
        end(result, closing: false)
    }

    private func end(_ result: Result<Void, WebSocketError>, closing: Bool = true) {
        keepAlive?.close()
        if ending == nil { ending = result }
        if closing { connection.close() }
        ended.signal()
        wake()
    }

    private func wake() {
        arrival?.signal()
        arrival = nil
    }

    private func sendSoon() {
        unsent += codec.takeOutput()
        guard !unsent.isEmpty else { return }
        Task { try? await self.flush() }
    }

    /// One writer at a time; frames of others join what it has still to send.
    private func flush() async throws {
        unsent += codec.takeOutput()
        guard !isWriting else { return }
        isWriting = true
        defer { isWriting = false }
        while !unsent.isEmpty {
            let bytes = unsent
            unsent = []
            try await connection.write(bytes)
        }
    }

    private func startKeepAlive(_ interval: Duration) {
        let timer = LoopTimer { [weak self] in self?.checkAlive() }
        timer.start(after: interval, every: interval)
        keepAlive = timer
    }

    private func checkAlive() {
        guard wasHeard else {
            return end(.failure(WebSocketError(.silent, "the peer answered no ping")))
        }
        wasHeard = false
        codec.ping()
        sendSoon()
    }
}

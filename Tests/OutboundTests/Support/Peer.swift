import Loop

/// A server that answers what the test says, byte by byte.
@LoopActor
final class Peer {
    typealias Script = @LoopActor @Sendable (PeerConnection) async throws -> Void

    private let listener: TCPListener
    private let script: Script
    private var accepting: Task<Void, Never>?
    /// All that were ever accepted.
    private(set) var connections: [PeerConnection] = []
    /// What the scripts threw.
    private(set) var failures: [any Error] = []
    let port: Int

    /// - Parameter script: runs once for each connection, which is closed when it returns.
    init(host: String = "127.0.0.1", _ script: @escaping Script) throws {
        listener = try TCPListener(host: host, port: 0)
        port = listener.port
        self.script = script
        accepting = Task(executorPreference: EventLoop.shared) { await self.accept() }
    }

    func url(_ path: String = "/", host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

    private func accept() async {
        for await tcp in listener.connections {
            let connection = PeerConnection(tcp, number: connections.count)
            connections.append(connection)
            Task(executorPreference: EventLoop.shared) { await self.serve(connection) }
        }
    }

    private func serve(_ connection: PeerConnection) async {
        do { try await script(connection) } catch { failures.append(error) }
        connection.close()
    }

    func close() {
        listener.close()
        for connection in connections { connection.close() }
    }
}

/// One connection of a ``Peer``.
@LoopActor
final class PeerConnection {
    let number: Int
    /// Bytes that the kernel has taken.
    private(set) var written = 0
    /// The client has closed or reset the connection.
    let gone = LoopEvent()
    private let tcp: TCPConnection
    private var buffer: ArraySlice<UInt8> = []

    init(_ tcp: TCPConnection, number: Int) {
        self.tcp = tcp
        self.number = number
        tcp.onEnd = { [gone] in gone.signal() }
    }

    /// The next request's head with the blank line, or nil when the client has closed.
    func head() async throws -> String? {
        let bytes = try await bytes(through: "\r\n\r\n")
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// The next `count` bytes, fewer when the client has closed.
    func bytes(_ count: Int) async throws -> [UInt8] {
        while buffer.count < count, let more = try await tcp.read() { buffer += more }
        return take(count)
    }

    /// All bytes up to and with `end`.
    func bytes(through end: String) async throws -> [UInt8] {
        while true {
            if let range = buffer.firstRange(of: Array(end.utf8)) { return take(range.upperBound - buffer.startIndex) }
            guard let more = try await tcp.read() else { return take(buffer.count) }
            buffer += more
        }
    }

    private func take(_ count: Int) -> [UInt8] {
        defer { buffer = buffer.dropFirst(count) }
        return Array(buffer.prefix(count))
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await tcp.write(bytes)
        written += bytes.count
    }

    /// An answer of known length.
    func answer(_ body: String, status: String = "200 OK") async throws {
        try await send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Answers each request with what `body` makes of its head, until the client closes.
    func serve(_ body: @LoopActor (String) -> String) async throws {
        while let head = try await head() { try await answer(body(head)) }
    }

    /// Reads until the client has closed.
    func drain() async throws { while try await tcp.read() != nil {} }

    func close() { tcp.close() }
}

public import Loop

/// Opens WebSockets as a client.
public enum WebSocketClient {
    /// Connects and shakes hands.
    ///
    /// - Parameters:
    ///   - url: `ws://host[:port][/path][?query]`; `wss` is refused, since ComfyUI is on this pod.
    ///   - timeout: for connecting to each address of the name, and for the handshake.
    ///   - pingInterval: see ``WebSocketConnection``.
    /// - Throws: ``WebSocketError``, `LibuvError`, `DeadlineExceeded`, `CancellationError`.
    @LoopActor
    public static func connect(
        url: String, timeout: Duration = .seconds(5), maxMessageBytes: Int = 67_108_864, pingInterval: Duration? = nil
    ) async throws -> WebSocketConnection {
        let address = try WebSocketURL(url)
        let connection = try await TCPConnection.connect(host: address.host, port: address.port, timeout: timeout)
        do {
            let leftover = try await withDeadline(timeout) { try await shakeHands(connection, address) }
            return WebSocketConnection(
                connection, role: .client, leftover: leftover, maxMessageBytes: maxMessageBytes,
                pingInterval: pingInterval)
        } catch {
            connection.close()
            throw error
        }
    }

    private static let maxHeadBytes = 16_384

    /// - Returns: what came behind the answer's head.
    @LoopActor
    private static func shakeHands(_ connection: TCPConnection, _ address: WebSocketURL) async throws -> [UInt8] {
        let key = WebSocketHandshake.makeKey()
        try await connection.write(
            WebSocketHandshake.request(host: address.host, port: address.port, target: address.target, key: key))
        var answer: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while true {
            guard let bytes = try await connection.read() else {
                throw WebSocketError(.handshake, "the server closed the connection in the handshake")
            }
            answer += bytes
            if let range = answer.firstRange(of: end) {
                let head = String(decoding: answer[..<range.lowerBound], as: UTF8.self)
                try WebSocketHandshake.check(head, key: key)
                return Array(answer[range.upperBound...])
            }
            guard answer.count <= maxHeadBytes else { throw WebSocketError(.handshake, "the answer's head is too long") }
        }
    }
}

/// A `ws` URL taken apart (RFC 6455 §3).
struct WebSocketURL: Sendable, Equatable {
    let host: String
    let port: Int
    let target: String

    init(_ url: String) throws(WebSocketError) {
        guard url.hasPrefix("ws://"), url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw WebSocketError(.badURL, "only ws:// URLs in ASCII can be connected to")
        }
        let rest = url.dropFirst(5)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let path = rest[end...].prefix { $0 != "#" }
        target = path.hasPrefix("/") ? String(path) : "/" + path
        var name = rest[..<end]
        var number = 80
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("]") {
            guard let given = Int(name[name.index(after: colon)...]), (1...65_535).contains(given) else {
                throw WebSocketError(.badURL, "a port that is none")
            }
            number = given
            name = name[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        guard !name.isEmpty, !name.contains("@") else { throw WebSocketError(.badURL, "a host that is none") }
        host = String(name)
        port = number
    }
}

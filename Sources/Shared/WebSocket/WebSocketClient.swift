internal import Loop

/// Opens WebSockets as a client.
public enum WebSocketClient {
    /// Connects, trying each address of the name, and shakes hands.
    ///
    /// - Parameters:
    ///   - url: `ws://host[:port][/path][?query]`; `wss` is refused, since ComfyUI is on this pod.
    ///   - headers: further fields of the request, such as `Authorization`. `Origin` is not sent: ComfyUI answers a
    ///     foreign one with 403.
    ///   - timeout: for connecting to each address of the name, and for the handshake.
    ///   - pingInterval: see ``WebSocketConnection``.
    /// - Throws: ``WebSocketError`` (`.badURL`, `.cannotConnect`, `.handshake`), `CancellationError`.
    @LoopActor
    public static func connect(
        url: String, headers: [(name: String, value: String)] = [], timeout: Duration = .seconds(5),
        maxMessageBytes: Int = 67_108_864, pingInterval: Duration? = nil
    ) async throws -> WebSocketConnection {
        let address = try WebSocketURL(url)
        let key = WebSocketHandshake.makeKey()
        let request = try WebSocketHandshake.request(
            host: address.peer, target: address.target, key: key, headers: headers)
        let connection = try await connect(to: address, timeout)
        do {
            let leftover = try await withDeadline(timeout) { try await shakeHands(connection, request, key) }
            return WebSocketConnection(
                connection, role: .client, leftover: leftover, maxMessageBytes: maxMessageBytes,
                pingInterval: pingInterval)
        } catch {
            connection.close()
            throw described(error, as: .handshake, "\(address.peer) did not shake hands")
        }
    }

    private static let maxHeadBytes = 16_384

    @LoopActor
    private static func connect(to address: WebSocketURL, _ timeout: Duration) async throws -> TCPConnection {
        do {
            return try await TCPConnection.connect(host: address.host, port: address.port, timeout: timeout)
        } catch {
            throw described(error, as: .cannotConnect, "cannot connect to \(address.peer)")
        }
    }

    /// Puts what went wrong below into our own words; a cancellation and our own errors stay what they are.
    private static func described(
        _ error: any Error, as kind: WebSocketError.Kind, _ text: String
    ) -> any Error {
        switch error {
        case is WebSocketError, is CancellationError: error
        case let error as LibuvError: WebSocketError(kind, "\(text): \(error.reason)")
        default: WebSocketError(kind, "\(text): \(error)")
        }
    }

    /// - Returns: what came behind the answer's head.
    @LoopActor
    private static func shakeHands(
        _ connection: TCPConnection, _ request: [UInt8], _ key: String
    ) async throws -> [UInt8] {
        try await connection.write(request)
        var answer: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while true {
            guard let bytes = try await connection.read() else {
                throw WebSocketError(.handshake, "the server closed the connection in the handshake")
            }
            answer += bytes
            if let range = answer.prefix(maxHeadBytes).firstRange(of: end) {
                let head = String(decoding: answer[..<range.lowerBound], as: UTF8.self)
                try WebSocketHandshake.check(head, key: key)
                return Array(answer[range.upperBound...])
            }
            guard answer.count < maxHeadBytes else { throw WebSocketError(.handshake, "the answer's head is too long") }
        }
    }
}

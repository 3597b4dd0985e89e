internal import Crypto

/// The opening handshake (RFC 6455 §4), as values.
public enum WebSocketHandshake {
    /// What `Sec-WebSocket-Accept` must say to a key (§4.2.2).
    public static func acceptKey(for key: String) -> String {
        Base64.encode(SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// Sixteen random bytes in base64 (§4.1).
    static func makeKey() -> String { Base64.encode(randomBytes(16)) }

    /// The client's request. It has no `Origin`: ComfyUI answers a foreign one with 403.
    static func request(host: String, port: Int, target: String, key: String) -> [UInt8] {
        let name = host.contains(":") ? "[\(host)]" : host
        let lines = [
            "GET \(target) HTTP/1.1", "Host: \(name):\(port)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13", "", "",
        ]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    /// Judges the server's answer (§4.1).
    ///
    /// - Parameter head: from the status line to the last header line.
    static func check(_ head: String, key: String) throws(WebSocketError) {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let status = lines[0].split(separator: " ")
        guard status.count >= 2, status[0].hasPrefix("HTTP/1."), status[1] == "101" else {
            throw WebSocketError(.handshake, "the server answered \"\(lines[0].prefix(80))\"")
        }
        var fields: [String: [String]] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields[line[..<colon].lowercased(), default: []].append(String(value))
        }
        guard fields["upgrade"]?.first?.lowercased() == "websocket" else {
            throw WebSocketError(.handshake, "the server did not upgrade to a WebSocket")
        }
        let options = fields["connection"]?.joined(separator: ",").lowercased().split(separator: ",") ?? []
        guard options.contains(where: { $0.filter { $0 != " " } == "upgrade" }) else {
            throw WebSocketError(.handshake, "the server did not upgrade the connection")
        }
        guard fields["sec-websocket-accept"] == [acceptKey(for: key)] else {
            throw WebSocketError(.handshake, "the server's Sec-WebSocket-Accept is wrong")
        }
        guard fields["sec-websocket-extensions"] == nil, fields["sec-websocket-protocol"] == nil else {
            throw WebSocketError(.handshake, "the server chose an extension or subprotocol that nobody offered")
        }
    }
}

internal import Crypto

/// The opening handshake (RFC 6455 §4), as values.
public enum WebSocketHandshake {
    /// What `Sec-WebSocket-Accept` must say to a key (§4.2.2).
    public static func acceptKey(for key: String) -> String {
        Base64.encode(SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// Judges a client's request by its fields (§4.2.1). A server answers a good one with 101, `Upgrade: websocket`,
    /// `Connection: Upgrade` and the result as `Sec-WebSocket-Accept`.
    ///
    /// - Parameter version: `Sec-WebSocket-Version`; only 13 is spoken.
    /// - Throws: `.handshake`, to be answered with 400 (for another version 426 and `Sec-WebSocket-Version: 13`).
    public static func accept(
        upgrade: String?, connection: String?, version: String?, key: String?
    ) throws(WebSocketError) -> String {
        guard options(upgrade).contains("websocket"), options(connection).contains("upgrade") else {
            throw WebSocketError(.handshake, "the request does not ask for a WebSocket")
        }
        guard version == "13" else {
            throw WebSocketError(.handshake, "the request asks for another version of WebSocket than 13")
        }
        guard let key, Base64.decode(key)?.count == 16 else {
            throw WebSocketError(.handshake, "the request's Sec-WebSocket-Key is not 16 bytes in base64")
        }
        return acceptKey(for: key)
    }

    /// Sixteen random bytes in base64 (§4.1).
    static func makeKey() -> String { Base64.encode(randomBytes(16)) }

    /// The client's request. It has no `Origin`: ComfyUI answers a foreign one with 403.
    ///
    /// - Parameter host: with the port, as `Host` says it.
    /// - Throws: `.handshake` when a field of `headers` could not stand in a head.
    static func request(
        host: String, target: String, key: String, headers: [(name: String, value: String)] = []
    ) throws(WebSocketError) -> [UInt8] {
        var lines = [
            "GET \(target) HTTP/1.1", "Host: \(host)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
        ]
        for (name, value) in headers {
            let isToken =
                !name.isEmpty && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
            guard isToken, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw WebSocketError(.handshake, "a field of the request holds characters that it must not")
            }
            lines.append("\(name): \(value)")
        }
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
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
        let fields = fields(in: lines.dropFirst())
        guard options(fields["upgrade"]) == ["websocket"] else {
            throw WebSocketError(.handshake, "the server did not upgrade to a WebSocket")
        }
        guard options(fields["connection"]).contains("upgrade") else {
            throw WebSocketError(.handshake, "the server did not upgrade the connection")
        }
        guard fields["sec-websocket-accept"] == acceptKey(for: key) else {
            throw WebSocketError(.handshake, "the server's Sec-WebSocket-Accept is wrong")
        }
        guard fields["sec-websocket-extensions"] == nil, fields["sec-websocket-protocol"] == nil else {
            throw WebSocketError(.handshake, "the server chose an extension or subprotocol that nobody offered")
        }
    }

    /// By lowercase name; the values of a field that comes twice are one list (RFC 9110, section 5.3).
    private static func fields(in lines: ArraySlice<Substring>) -> [String: String] {
        var fields: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            let value = trimmed(line[line.index(after: colon)...])
            fields[name] = fields[name].map { "\($0), \(value)" } ?? value
        }
        return fields
    }

    /// The elements of a list, in lower case.
    private static func options(_ value: String?) -> [String] {
        (value ?? "").lowercased().split(separator: ",").map { trimmed($0) }
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }
}

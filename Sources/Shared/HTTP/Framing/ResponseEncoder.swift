internal import HTTPTypes

/// How an answer's body is framed on the wire (RFC 9112 §6).
enum ResponseFraming: Equatable, Sendable {
    /// No body, and no field about one: 1xx, 204, 304.
    case none
    case length(Int)
    case chunked
    /// Ends with the connection: HTTP/1.0 knows no chunks.
    case untilClose
}

/// Decides how an answer goes out, and writes its head. A value: what it decides depends on what it is given alone.
struct ResponseEncoder: Sendable {
    let isHead: Bool
    let isHTTP10: Bool

    func framing(of response: Response) -> ResponseFraming {
        switch response.status.code {
        case 100..<200, 204, 304: return .none
        default: break
        }
        switch response.body {
        case .none: return .length(0)
        case .bytes(let bytes): return .length(bytes.count)
        case .stream(let length?, _): return .length(length)
        case .stream(nil, _): return isHTTP10 ? .untilClose : .chunked
        case .upgrade, .abandoned: return .none
        }
    }

    /// Whether octets of the body follow the head.
    func sendsBody(_ framing: ResponseFraming) -> Bool { framing != .none && !isHead }

    /// The head's octets, from the status line to the empty line.
    func head(_ response: Response, framing: ResponseFraming, closes: Bool, date: String) -> [UInt8] {
        var octets: [UInt8] = []
        // Enough for a small body behind it too.
        octets.reserveCapacity(512)
        append("HTTP/1.1 ", to: &octets)
        append(String(response.status.code), to: &octets)
        append(" ", to: &octets)
        append(response.status.reasonPhrase, to: &octets)
        append("\r\n", to: &octets)
        append("Date", date, to: &octets)
        for field in response.headers where !Self.isOwn(field.name) {
            append(field.name.rawName, field.value, to: &octets)
        }
        switch framing {
        case .none, .untilClose: break
        case .length(let count): append("Content-Length", String(count), to: &octets)
        case .chunked: append("Transfer-Encoding", "chunked", to: &octets)
        }
        if case .upgrade = response.body {
            append("Connection", "Upgrade", to: &octets)
        } else if closes {
            append("Connection", "close", to: &octets)
        } else if isHTTP10 {
            append("Connection", "keep-alive", to: &octets)
        }
        append("\r\n", to: &octets)
        return octets
    }

    /// The fields that only the server knows.
    private static func isOwn(_ name: HTTPField.Name) -> Bool {
        name == .contentLength || name == .transferEncoding || name == .connection || name == .date
    }

    private func append(_ name: String, _ value: String, to octets: inout [UInt8]) {
        append(name, to: &octets)
        append(": ", to: &octets)
        append(value, to: &octets)
        append("\r\n", to: &octets)
    }

    private func append(_ text: String, to octets: inout [UInt8]) {
        var text = text
        text.withUTF8 { octets.append(contentsOf: $0) }
    }

    /// One chunk: its size in hexadecimal, CRLF, the data, CRLF (RFC 9112 §7.1).
    static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        var octets = Array(String(bytes.count, radix: 16).utf8)
        octets.reserveCapacity(octets.count + bytes.count + 4)
        octets.append(contentsOf: "\r\n".utf8)
        octets.append(contentsOf: bytes)
        octets.append(contentsOf: "\r\n".utf8)
        return octets
    }

    static let lastChunk = Array("0\r\n\r\n".utf8)
    static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}

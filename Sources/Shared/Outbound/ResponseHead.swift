internal import HTTPTypes

/// Status and fields of an answer.
struct ResponseHead: Sendable {
    var status = 0
    var fields = HTTPFields()
}

/// Puts the head together from the lines that libcurl hands out: interim answers and redirects that are followed come
/// first, the fields of a trailer last.
struct ResponseHeadParser {
    let followsRedirects: Bool
    /// Of the final answer; nil before its last line.
    private(set) var head: ResponseHead?
    private var current = ResponseHead()
    private var size = 0

    /// All heads of a transfer together, in bytes.
    static var sizeLimit: Int { 262_144 }

    init(followsRedirects: Bool) { self.followsRedirects = followsRedirects }

    /// Takes one line with its line end.
    ///
    /// - Returns: false when the heads are too large.
    mutating func take(_ line: [UInt8]) -> Bool {
        size += line.count
        guard size <= Self.sizeLimit else { return false }
        guard head == nil else { return true }  // a trailer
        let text = line.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        if text.starts(with: "HTTP/".utf8) {
            current = ResponseHead(status: Self.status(in: text))
        } else if text.isEmpty {
            if !isPassing { head = current }
        } else {
            add(text)
        }
        return true
    }

    /// Another head will follow.
    private var isPassing: Bool {
        switch current.status {
        case 101: false
        case ..<200: true
        case 301, 302, 303, 307, 308: followsRedirects && current.fields[.location] != nil
        default: false
        }
    }

    private static func status(in line: ArraySlice<UInt8>) -> Int {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        return parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) ?? 0 : 0
    }

    /// A field whose name is not a token (RFC 9110, section 5.1) is left out.
    private mutating func add(_ line: ArraySlice<UInt8>) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
            let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self))
        else { return }
        let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
        current.fields.append(HTTPField(name: name, value: value))
    }
}

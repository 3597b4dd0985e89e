internal import CHTTPParser
internal import HTTPTypes

/// A request head as read: what was asked, and how its body is framed.
struct RequestHead: Sendable {
    var request: HTTPRequest
    var framing: BodyFraming
    /// HTTP/1.0 has no chunks, and its connections close after one answer.
    var isHTTP10: Bool
    /// What its fields say of the connection.
    var rules: ConnectionRules
}

/// The one place that knows http-parser (upstream has moved on to llhttp).
///
/// It reads heads only: as Debian builds it, it also takes any two octets for the end of a chunk, so the body is framed
/// by ``ChunkedDecoder``.
enum HeadParser {
    /// Reads a head that has passed ``HeadRules``.
    ///
    /// - Parameter maxFields: header fields over this number are refused with 431.
    static func parse(_ head: UnsafeBufferPointer<UInt8>, maxFields: Int) throws(HTTPViolation) -> RequestHead {
        var collected = CollectedHead(maxFields: maxFields)
        var parser = http_parser()
        http_parser_init(&parser, HTTP_REQUEST)
        let parsed = withUnsafeMutablePointer(to: &collected) { target -> Int in
            parser.data = UnsafeMutableRawPointer(target)
            return head.withMemoryRebound(to: CChar.self) {
                http_parser_execute(&parser, &callbacks, $0.baseAddress, $0.count)
            }
        }
        if collected.hasTooManyFields { throw HTTPViolation(431, "more than \(maxFields) header fields") }
        if parser.http_errno == HPE_INVALID_METHOD.rawValue { throw HTTPViolation(501, "an unknown method") }
        guard parsed == head.count, parser.http_errno == HPE_OK.rawValue else {
            let name = http_errno_description(http_errno(rawValue: parser.http_errno)).map { String(cString: $0) }
            throw HTTPViolation(400, "a head that cannot be read: \(name ?? "unknown")")
        }
        let isHTTP10 = parser.http_minor == 0
        let method = http_method_str(http_method(rawValue: parser.method)).map { String(cString: $0) } ?? ""
        return try RequestHead(collected, method: method, isHTTP10: isHTTP10)
    }
}

/// What the parser's callbacks gather.
struct CollectedHead {
    let maxFields: Int
    var target = ""
    var names: [String] = []
    var values: [String] = []
    var hasTooManyFields = false

    init(maxFields: Int) {
        self.maxFields = maxFields
        names.reserveCapacity(16)
        values.reserveCapacity(16)
    }
}

private func collected(_ parser: UnsafeMutablePointer<http_parser>?) -> UnsafeMutablePointer<CollectedHead>? {
    parser?.pointee.data?.assumingMemoryBound(to: CollectedHead.self)
}

private func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
}

/// `nonisolated(unsafe)`: written here and never again; http-parser takes a pointer to it and only reads.
private nonisolated(unsafe) var callbacks: http_parser_settings = {
    var settings = http_parser_settings()
    http_parser_settings_init(&settings)
    settings.on_url = { parser, start, count in
        collected(parser)?.pointee.target += text(start, count)
        return 0
    }
    settings.on_header_field = { parser, start, count in
        guard let head = collected(parser) else { return 1 }
        head.pointee.hasTooManyFields = head.pointee.names.count == head.pointee.maxFields
        guard !head.pointee.hasTooManyFields else { return 1 }
        head.pointee.names.append(text(start, count))
        head.pointee.values.append("")
        return 0
    }
    settings.on_header_value = { parser, start, count in
        guard let head = collected(parser), !head.pointee.values.isEmpty else { return 1 }
        head.pointee.values[head.pointee.values.count - 1] = text(start, count)
        return 0
    }
    return settings
}()

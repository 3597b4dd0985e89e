/// A request's path and query, taken apart and percent-decoded (RFC 3986 §2.1, §3.3; the query as HTML forms send it).
struct RequestTarget: Sendable {
    let path: String
    let query: [(name: String, value: String)]
    /// Where they are more than the path split at its slashes.
    private let decoded: [String]?

    init(_ target: String) throws(HTTPViolation) {
        let octets = target.utf8
        let mark = octets.firstIndex(of: UInt8(ascii: "?"))
        let rawPath = octets[..<(mark ?? octets.endIndex)]
        if rawPath.contains(UInt8(ascii: "%")) {
            let segments = try rawPath.dropFirst()
                .split(separator: Octet.slash, omittingEmptySubsequences: false)
                .map { (segment) throws(HTTPViolation) in try Self.decode(segment, plusIsBlank: false) }
            path = "/" + segments.joined(separator: "/")
            decoded = segments
        } else {
            path = mark == nil && octets.first == Octet.slash ? target : "/" + String(Substring(rawPath.dropFirst()))
            decoded = nil
        }
        query =
            try mark.map { (mark) throws(HTTPViolation) in try Self.pairs(octets[octets.index(after: mark)...]) } ?? []
    }

    /// The path's segments, decoded.
    var segments: [String] {
        decoded ?? path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    /// The path, unless a segment has a slash in it: `/a%2Fb` is not `/a/b`.
    var plainPath: String? { decoded?.contains { $0.utf8.contains(Octet.slash) } == true ? nil : path }

    private static func pairs(_ text: Substring.UTF8View) throws(HTTPViolation) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for pair in text.split(separator: UInt8(ascii: "&")) {
            let sign = pair.firstIndex(of: UInt8(ascii: "="))
            let name = try decode(pair[..<(sign ?? pair.endIndex)], plusIsBlank: true)
            let value = try sign.map { (sign) throws(HTTPViolation) in
                try decode(pair[pair.index(after: sign)...], plusIsBlank: true)
            }
            pairs.append((name, value ?? ""))
        }
        return pairs
    }

    private static func decode(_ text: Substring.UTF8View, plusIsBlank: Bool) throws(HTTPViolation) -> String {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(Substring(text))
        }
        var octets: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let octet = text[index]
            index = text.index(after: index)
            if octet == UInt8(ascii: "+"), plusIsBlank {
                octets.append(Octet.space)
            } else if octet == UInt8(ascii: "%") {
                octets.append(try escaped(text, &index))
            } else {
                octets.append(octet)
            }
        }
        guard !octets.contains(0), let decoded = String(validating: octets, as: UTF8.self) else {
            throw HTTPViolation(400, "a request target that is not UTF-8 when decoded")
        }
        return decoded
    }

    private static func escaped(
        _ text: Substring.UTF8View, _ index: inout Substring.UTF8View.Index
    ) throws(HTTPViolation) -> UInt8 {
        let digits = text[index...].prefix(2)
        guard digits.count == 2, let high = digits.first.flatMap(Octet.hexValue),
            let low = digits.last.flatMap(Octet.hexValue)
        else { throw HTTPViolation(400, "a percent sign with no two hexadecimal digits behind it") }
        index = digits.endIndex
        return high * 16 + low
    }
}

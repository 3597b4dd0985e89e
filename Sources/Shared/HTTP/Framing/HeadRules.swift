/// What a request head must look like before the parser sees it.
///
/// Debian builds http-parser with `HTTP_PARSER_STRICT=0`: it lets pass a blank before the colon, folded lines, control
/// characters in the target and bare line ends. Two servers that read one request differently are how requests are
/// smuggled (RFC 9112 §11.2), so everything of that kind is refused here.
enum HeadRules {
    /// Checks a whole head, from the method to the empty line.
    static func check(_ head: UnsafeBufferPointer<UInt8>) throws(HTTPViolation) {
        var line = 0
        var start = 0
        while start < head.count {
            let end = try endOfLine(head, from: start)
            if end == start { break }
            let octets = UnsafeBufferPointer(rebasing: head[start..<end])
            if line == 0 { try checkRequestLine(octets) } else { try checkField(octets) }
            line += 1
            start = end + 2
        }
        guard line > 0 else { throw HTTPViolation(400, "no request line") }
    }

    private static func endOfLine(
        _ head: UnsafeBufferPointer<UInt8>, from start: Int
    ) throws(HTTPViolation) -> Int {
        var index = start
        while index < head.count {
            if head[index] == Octet.lineFeed { throw HTTPViolation(400, "a bare line feed in the head") }
            if head[index] == Octet.carriageReturn {
                guard index + 1 < head.count, head[index + 1] == Octet.lineFeed else {
                    throw HTTPViolation(400, "a bare carriage return in the head")
                }
                return index
            }
            index += 1
        }
        throw HTTPViolation(400, "an unfinished line in the head")
    }

    /// `method SP request-target SP HTTP-version` (RFC 9112 §3), one blank each.
    static func checkRequestLine(_ line: UnsafeBufferPointer<UInt8>) throws(HTTPViolation) {
        guard let first = line.firstIndex(of: Octet.space), let last = line.lastIndex(of: Octet.space), first < last
        else { throw HTTPViolation(400, "a request line that is not METHOD TARGET VERSION") }
        guard first > 0, line[..<first].allSatisfy(Octet.isToken) else {
            throw HTTPViolation(400, "a method that is no token")
        }
        let target = line[(first + 1)..<last]
        guard !target.isEmpty, target.allSatisfy({ Octet.isVisible($0) && $0 != UInt8(ascii: "#") }) else {
            throw HTTPViolation(400, "a request target that is not visible ASCII without a fragment")
        }
        try checkVersion(line[(last + 1)...])
    }

    private static func checkVersion(_ version: Slice<UnsafeBufferPointer<UInt8>>) throws(HTTPViolation) {
        if isEqual(version, "HTTP/1.1") || isEqual(version, "HTTP/1.0") { return }
        let isVersion =
            version.count == 8 && version.starts(with: "HTTP/".utf8) && Octet.isDigit(version[version.startIndex + 5])
            && version[version.startIndex + 6] == UInt8(ascii: ".") && Octet.isDigit(version[version.startIndex + 7])
        throw isVersion
            ? HTTPViolation(505, "only HTTP/1.1 is spoken here") : HTTPViolation(400, "an HTTP version that is none")
    }

    private static func isEqual(_ octets: Slice<UnsafeBufferPointer<UInt8>>, _ text: StaticString) -> Bool {
        octets.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// `field-name ":" OWS field-value OWS` (RFC 9112 §5), with no blank before the colon and no folding.
    private static func checkField(_ line: UnsafeBufferPointer<UInt8>) throws(HTTPViolation) {
        if line[0] == Octet.space || line[0] == Octet.tab { throw HTTPViolation(400, "a folded header line") }
        guard let colon = line.firstIndex(of: Octet.colon), colon > 0, line[..<colon].allSatisfy(Octet.isToken) else {
            throw HTTPViolation(400, "a header name that is no token")
        }
        guard line[(colon + 1)...].allSatisfy(Octet.isFieldValue) else {
            throw HTTPViolation(400, "a control character in a header value")
        }
    }
}

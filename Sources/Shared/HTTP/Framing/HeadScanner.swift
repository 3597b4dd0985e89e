/// Looks for the end of a head as its octets arrive, each of them once, and refuses at once what can never become one:
/// who speaks TLS, HTTP/0.9 or with bare line feeds should not have to wait for the header time to learn of it.
struct HeadScanner: Sendable {
    private var lineLength = 0
    private var isAfterReturn = false
    private var isRequestLine = true

    /// - Parameters:
    ///   - octets: all that has come, of which this has seen those before `seen`.
    ///   - start: where the head begins.
    /// - Returns: the index behind the empty line, or nil when it has not come yet.
    mutating func endOfHead(
        _ octets: UnsafeBufferPointer<UInt8>, start: Int, seen: Int
    ) throws(HTTPViolation) -> Int? {
        for index in seen..<octets.count {
            let octet = octets[index]
            if isAfterReturn {
                guard octet == Octet.lineFeed else { throw HTTPViolation(400, "a bare carriage return in the head") }
                if try endLine(UnsafeBufferPointer(rebasing: octets[start..<(index - 1)])) { return index + 1 }
            } else if octet == Octet.carriageReturn {
                isAfterReturn = true
            } else {
                try take(octet)
            }
        }
        return nil
    }

    private mutating func take(_ octet: UInt8) throws(HTTPViolation) {
        if octet == Octet.lineFeed { throw HTTPViolation(400, "a bare line feed in the head") }
        if isRequestLine, lineLength == 0, !Octet.isToken(octet) {
            throw HTTPViolation(400, "a method that is no token")
        }
        lineLength += 1
    }

    /// - Returns: whether the line that ends here is the empty one.
    private mutating func endLine(_ head: UnsafeBufferPointer<UInt8>) throws(HTTPViolation) -> Bool {
        let isLast = lineLength == 0
        if isRequestLine { try HeadRules.checkRequestLine(head) }
        isRequestLine = false
        isAfterReturn = false
        lineLength = 0
        return isLast
    }
}

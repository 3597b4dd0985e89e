/// The chunked transfer coding (RFC 9112 §7.1), read strictly: hexadecimal size, CRLF, data, CRLF, and nothing a lenient
/// reader could take for something else. Extensions and trailers are read over.
struct ChunkedDecoder: Sendable {
    private enum Step: Equatable {
        case size, extensions, sizeLineFeed, data, dataReturn, dataLineFeed
        case trailerStart, trailer, trailerLineFeed, lastLineFeed, done
    }

    private var step = Step.size
    private var size = 0
    private var digits = 0
    /// Octets of extensions and trailers so far: together they may be as long as a head.
    private var overhead = 0

    private static let maxOverhead = 16_384

    /// Whether the last chunk and its trailers have been read.
    var isDone: Bool { step == .done }

    /// Reads from `octets`, appending data to `body`, until it is used up or the body has ended.
    ///
    /// - Returns: how many octets were read; what follows belongs to the next request.
    mutating func decode(_ octets: ArraySlice<UInt8>, into body: inout [UInt8]) throws(HTTPViolation) -> Int {
        var index = octets.startIndex
        while index < octets.endIndex, step != .done {
            if step == .data {
                let count = min(size, octets.endIndex - index)
                body.append(contentsOf: octets[index..<(index + count)])
                size -= count
                index += count
                if size == 0 { step = .dataReturn }
            } else {
                try take(octets[index])
                index += 1
            }
        }
        return index - octets.startIndex
    }

    private mutating func take(_ octet: UInt8) throws(HTTPViolation) {
        switch step {
        case .size: try takeSize(octet)
        case .extensions: try takeText(octet, end: .sizeLineFeed)
        case .sizeLineFeed: try expect(Octet.lineFeed, octet, then: size == 0 ? .trailerStart : .data)
        case .dataReturn: try expect(Octet.carriageReturn, octet, then: .dataLineFeed)
        case .dataLineFeed:
            try expect(Octet.lineFeed, octet, then: .size)
            digits = 0
        case .trailerStart where octet == Octet.carriageReturn: step = .lastLineFeed
        case .trailerStart, .trailer:
            step = .trailer
            try takeText(octet, end: .trailerLineFeed)
        case .trailerLineFeed: try expect(Octet.lineFeed, octet, then: .trailerStart)
        case .lastLineFeed: try expect(Octet.lineFeed, octet, then: .done)
        case .data, .done: break
        }
    }

    private mutating func takeSize(_ octet: UInt8) throws(HTTPViolation) {
        if let digit = Octet.hexValue(octet) {
            digits += 1
            guard digits <= 15 else { throw HTTPViolation(400, "a chunk size that is too long") }
            size = (digits == 1 ? 0 : size) * 16 + Int(digit)
        } else if digits > 0, octet == Octet.carriageReturn {
            step = .sizeLineFeed
        } else if digits > 0, octet == UInt8(ascii: ";") {
            step = .extensions
        } else {
            throw HTTPViolation(400, "a chunk size that is no hexadecimal number")
        }
    }

    private mutating func takeText(_ octet: UInt8, end: Step) throws(HTTPViolation) {
        overhead += 1
        guard overhead <= Self.maxOverhead else { throw HTTPViolation(431, "chunk extensions or trailers too long") }
        if octet == Octet.carriageReturn {
            step = end
        } else if !Octet.isFieldValue(octet) {
            throw HTTPViolation(400, "a control character between chunks")
        }
    }

    private mutating func expect(_ wanted: UInt8, _ octet: UInt8, then next: Step) throws(HTTPViolation) {
        guard octet == wanted else { throw HTTPViolation(400, "a chunk that does not end where it said") }
        step = next
    }
}

/// Turns the octets of one connection into requests, one after the other. No I/O and no clock in it.
struct RequestDecoder: Sendable {
    enum Event: Sendable {
        case head(RequestHead)
        case body([UInt8])
        case end
    }

    private enum State: Sendable {
        case head
        case length(Int)
        case chunked(ChunkedDecoder)
        /// The end of the message has still to be told.
        case ending
    }

    private var buffer: [UInt8] = []
    private var start = 0
    private var scanned = 0
    private var state = State.head
    private let maxHeadBytes: Int
    private let maxFields: Int

    init(maxHeadBytes: Int, maxFields: Int) {
        self.maxHeadBytes = maxHeadBytes
        self.maxFields = maxFields
    }

    /// Whether octets of a next request have come already: the idle time is over, and the header time runs.
    var hasBegunHead: Bool { start < buffer.count }

    /// What it holds, in bytes.
    var bufferedBytes: Int { buffer.count }

    /// Adds octets from the socket.
    mutating func feed(_ octets: [UInt8]) {
        if start == buffer.count {
            buffer = octets
            start = 0
            scanned = 0
        } else {
            buffer.append(contentsOf: octets)
        }
    }

    /// The next event, or nil when more octets are needed for it.
    mutating func next() throws(HTTPViolation) -> Event? {
        switch state {
        case .head: return try nextHead()
        case .length(let remaining): return nextBody(remaining)
        case .chunked(var decoder):
            var body: [UInt8] = []
            start += try decoder.decode(buffer[start...], into: &body)
            state = decoder.isDone ? .ending : .chunked(decoder)
            if !body.isEmpty { return .body(body) }
            return decoder.isDone ? try next() : nil
        case .ending:
            state = .head
            scanned = start
            return .end
        }
    }

    /// Takes what has been read beyond the current message, for whoever takes over the connection.
    mutating func takeRest() -> [UInt8] {
        defer { start = buffer.count }
        return Array(buffer[start...])
    }

    private mutating func nextBody(_ remaining: Int) -> Event? {
        let available = buffer.count - start
        guard available > 0 else { return nil }
        let count = min(available, remaining)
        state = count == remaining ? .ending : .length(remaining - count)
        defer { start += count }
        if start == 0, count == buffer.count {
            // The whole buffer is body: hand it over instead of copying it.
            defer {
                buffer = []
                start = -count
            }
            return .body(buffer)
        }
        return .body(Array(buffer[start..<(start + count)]))
    }

    private mutating func nextHead() throws(HTTPViolation) -> Event? {
        try skipEmptyLines()
        guard let end = endOfHead() else {
            if buffer.count - start > maxHeadBytes { throw HTTPViolation(431, "a head of over \(maxHeadBytes) bytes") }
            return nil
        }
        guard end - start <= maxHeadBytes else { throw HTTPViolation(431, "a head of over \(maxHeadBytes) bytes") }
        let head = try parse(start..<end)
        start = end
        scanned = end
        switch head.framing {
        case .none: state = .ending
        case .length(let count): state = .length(count)
        case .chunked: state = .chunked(ChunkedDecoder())
        }
        return .head(head)
    }

    private func parse(_ range: Range<Int>) throws(HTTPViolation) -> RequestHead {
        // `withUnsafeBufferPointer` forgets which error its body throws, so the result carries it out.
        let result = buffer.withUnsafeBufferPointer { octets -> Result<RequestHead, HTTPViolation> in
            let head = UnsafeBufferPointer(rebasing: octets[range])
            do throws(HTTPViolation) {
                try HeadRules.check(head)
                return .success(try HeadParser.parse(head, maxFields: maxFields))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// A client may send an empty line before its request (RFC 9112 §2.2).
    private mutating func skipEmptyLines() throws(HTTPViolation) {
        while start + 1 < buffer.count, buffer[start] == Octet.carriageReturn, buffer[start + 1] == Octet.lineFeed {
            start += 2
        }
        scanned = max(scanned, start)
    }

    /// Where the empty line ends, looking only at what has not been looked at.
    private mutating func endOfHead() -> Int? {
        let end = buffer.withUnsafeBufferPointer { octets -> Int? in
            var index = max(start + 3, scanned)
            while index < octets.count {
                if octets[index] == Octet.lineFeed, octets[index - 1] == Octet.carriageReturn,
                    octets[index - 2] == Octet.lineFeed, octets[index - 3] == Octet.carriageReturn
                {
                    return index + 1
                }
                index += 1
            }
            return nil
        }
        scanned = buffer.count
        return end
    }
}

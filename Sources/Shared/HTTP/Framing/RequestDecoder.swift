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
    private var scanner = HeadScanner()
    private var emptyLines = 0
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
        guard start < buffer.count else {
            (buffer, start, scanned) = (octets, 0, 0)
            return
        }
        if start > 0 {
            // Else a client that never lets the octets run out at the end of a request would fill memory.
            buffer.removeSubrange(..<start)
            (start, scanned) = (0, max(0, scanned - start))
        }
        buffer.append(contentsOf: octets)
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
            // A connection that waits for its next request, perhaps long, keeps nothing of this one.
            if start == buffer.count { (buffer, start) = ([], 0) }
            scanned = start
            scanner = HeadScanner()
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
        guard let end = try endOfHead() else {
            if buffer.count - start > maxHeadBytes { throw HTTPViolation(431, "a head of over \(maxHeadBytes) bytes") }
            return nil
        }
        guard end - start <= maxHeadBytes else { throw HTTPViolation(431, "a head of over \(maxHeadBytes) bytes") }
        let head = try parse(start..<end)
        start = end
        emptyLines = 0
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

    /// A client may send an empty line before its request (RFC 9112 §2.2); with many it would only hold its connection.
    private mutating func skipEmptyLines() throws(HTTPViolation) {
        while start + 1 < buffer.count, buffer[start] == Octet.carriageReturn, buffer[start + 1] == Octet.lineFeed {
            emptyLines += 1
            guard emptyLines <= 4 else { throw HTTPViolation(400, "empty lines in place of a request") }
            start += 2
            scanned = start
            scanner = HeadScanner()
        }
    }

    private mutating func endOfHead() throws(HTTPViolation) -> Int? {
        var scanner = scanner
        // As in `parse`, the result carries the error out.
        let found = buffer.withUnsafeBufferPointer { octets -> Result<Int?, HTTPViolation> in
            do throws(HTTPViolation) {
                return .success(try scanner.endOfHead(octets, start: start, seen: scanned))
            } catch {
                return .failure(error)
            }
        }
        self.scanner = scanner
        scanned = buffer.count
        return try found.get()
    }
}

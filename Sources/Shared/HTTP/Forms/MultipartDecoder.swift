/// Takes a `multipart/form-data` body (RFC 7578, over RFC 2046, section 5.1) apart while it arrives, cut anywhere. It keeps
/// no more than a part's head and what may be the begin of a boundary.
public struct MultipartDecoder: Sendable {
    /// What a piece of the body completes.
    public enum Event: Sendable, Equatable {
        case begin(MultipartPart)
        case bytes([UInt8])
        case end
    }

    /// Why a body is no form, as the end of a sentence: "the form …".
    public struct Failure: Error, Equatable, Sendable {
        public let reason: String
    }

    private enum Place { case preamble, boundary, head, content, epilogue }

    /// A part's head may be so long, in bytes.
    public static let maxHeadBytes = 8192
    private static let lineEnd: [UInt8] = [13, 10]

    private let delimiter: [UInt8]
    private let maxParts: Int
    private var place = Place.preamble
    // The first boundary may stand at the very begin, with no line before it.
    private var pending: [UInt8] = lineEnd
    private var parts = 0

    /// - Parameters:
    ///   - contentType: the value of the header.
    ///   - maxParts: more of them are refused.
    /// - Returns: nil when it is no form, or names no boundary of 1 to 70 characters.
    public init?(contentType: String, maxParts: Int = 200) {
        let header = HeaderParameters(contentType)
        guard header.value == "multipart/form-data", let boundary = header["boundary"],
            (1...70).contains(boundary.count)
        else { return nil }
        delimiter = Array("\r\n--\(boundary)".utf8)
        self.maxParts = maxParts
    }

    /// - Throws: ``Failure``.
    public mutating func feed(_ bytes: [UInt8]) throws(Failure) -> [Event] {
        guard place != .epilogue else { return [] }
        pending += bytes
        var events: [Event] = []
        while try step(&events) {}
        return events
    }

    /// Says that the body has ended.
    ///
    /// - Throws: ``Failure`` when its last boundary has not come.
    public func finish() throws(Failure) {
        guard place == .epilogue else { throw Failure(reason: "ends before its last boundary") }
    }

    /// - Returns: false when it needs more bytes.
    private mutating func step(_ events: inout [Event]) throws(Failure) -> Bool {
        switch place {
        case .preamble: return skipPreamble()
        case .boundary: return try endOfBoundary()
        case .head: return try head(&events)
        case .content: return content(&events)
        case .epilogue:
            pending = []
            return false
        }
    }

    private mutating func skipPreamble() -> Bool {
        guard let start = pending.firstIndex(of: delimiter) else {
            pending.removeFirst(max(0, pending.count - delimiter.count + 1))
            return false
        }
        pending.removeFirst(start + delimiter.count)
        place = .boundary
        return true
    }

    /// What follows a boundary: `--` after the last one, else blanks and the end of the line.
    private mutating func endOfBoundary() throws(Failure) -> Bool {
        if pending.starts(with: [45, 45]) {
            place = .epilogue
            return true
        }
        guard pending.count >= 2 else { return false }
        let blanks = pending.prefix { $0 == 32 || $0 == 9 }.count
        guard pending.count >= blanks + 2 else {
            if blanks > 64 { throw Failure(reason: "has a boundary that does not end") }
            return false
        }
        guard pending[blanks...].starts(with: Self.lineEnd) else {
            throw Failure(reason: "has something after a boundary")
        }
        // The line's end stays: a head with no field is that and an empty line.
        pending.removeFirst(blanks)
        place = .head
        return true
    }

    private mutating func head(_ events: inout [Event]) throws(Failure) -> Bool {
        guard let end = pending.firstIndex(of: Self.lineEnd + Self.lineEnd) else {
            if pending.count > Self.maxHeadBytes { throw Failure(reason: "has a part with too long a head") }
            return false
        }
        guard end <= Self.maxHeadBytes else { throw Failure(reason: "has a part with too long a head") }
        parts += 1
        guard parts <= maxParts else { throw Failure(reason: "has more than \(maxParts) parts") }
        guard let part = MultipartPart(head: String(decoding: pending[..<end], as: UTF8.self)) else {
            throw Failure(reason: "has a part without a name")
        }
        // Its last line's end may be that of the boundary of an empty part.
        pending.removeFirst(end + 2)
        events.append(.begin(part))
        place = .content
        hasContentBegun = false
        return true
    }

    private var hasContentBegun = false

    private mutating func content(_ events: inout [Event]) -> Bool {
        // The empty line after the head: content begins behind it, unless it is a boundary's.
        if !hasContentBegun {
            guard pending.count >= delimiter.count else { return false }
            if !pending.starts(with: delimiter) { pending.removeFirst(2) }
            hasContentBegun = true
        }
        guard let end = pending.firstIndex(of: delimiter) else {
            let sure = pending.count - delimiter.count + 1
            if sure > 0 {
                events.append(.bytes(Array(pending[..<sure])))
                pending.removeFirst(sure)
            }
            return false
        }
        if end > 0 { events.append(.bytes(Array(pending[..<end]))) }
        events.append(.end)
        pending.removeFirst(end + delimiter.count)
        place = .boundary
        return true
    }
}

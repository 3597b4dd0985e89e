/// Frames of a WebSocket (RFC 6455 §5), read and written.
struct WebSocketFrame: Sendable, Equatable {
    enum Kind: UInt8, Sendable {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10

        var isControl: Bool { rawValue >= 8 }
    }

    var kind: Kind
    var isLast = true
    var payload: [UInt8]

    /// The frame's bytes; a client masks with four bytes of its choice, a server does not.
    func encoded(mask: [UInt8]? = nil) -> [UInt8] {
        var bytes: [UInt8] = [kind.rawValue | (isLast ? 0x80 : 0)]
        bytes.reserveCapacity(payload.count + 14)
        let flag: UInt8 = mask == nil ? 0 : 0x80
        switch payload.count {
        case ..<126: bytes.append(UInt8(payload.count) | flag)
        case ..<65_536: bytes += [126 | flag] + Self.bigEndian(payload.count, bytes: 2)
        default: bytes += [127 | flag] + Self.bigEndian(payload.count, bytes: 8)
        }
        guard let mask else { return bytes + payload }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    private static func bigEndian(_ number: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}

/// Takes frames out of bytes as they come.
struct WebSocketFrameReader: Sendable {
    /// What no peer may send.
    struct Violation: Error, Equatable { let reason: String }

    private var buffer: [UInt8] = []
    private let maximumBytes: Int

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    mutating func feed(_ bytes: [UInt8]) { buffer += bytes }

    /// The next whole frame, or nil when more bytes are needed.
    mutating func next() throws(Violation) -> WebSocketFrame? {
        guard buffer.count >= 2 else { return nil }
        guard buffer[0] & 0x70 == 0, let kind = WebSocketFrame.Kind(rawValue: buffer[0] & 0x0F) else {
            throw Violation(reason: "unknown bits or opcode")
        }
        let lengthBytes = [126: 2, 127: 8][Int(buffer[1] & 0x7F)] ?? 0
        let maskBytes = buffer[1] & 0x80 == 0 ? 0 : 4
        let start = 2 + lengthBytes + maskBytes
        guard buffer.count >= start else { return nil }
        let length = lengthBytes == 0 ? Int(buffer[1] & 0x7F) : try number(buffer[2..<2 + lengthBytes])
        guard length <= maximumBytes else { throw Violation(reason: "a frame over \(maximumBytes) bytes") }
        guard buffer.count >= start + length else { return nil }
        var payload = Array(buffer[start..<start + length])
        if maskBytes > 0 {
            let mask = Array(buffer[start - 4..<start])
            for place in payload.indices { payload[place] ^= mask[place % 4] }
        }
        let isLast = buffer[0] & 0x80 != 0
        buffer.removeFirst(start + length)
        return WebSocketFrame(kind: kind, isLast: isLast, payload: payload)
    }

    private func number(_ bytes: ArraySlice<UInt8>) throws(Violation) -> Int {
        let number = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: number) else { throw Violation(reason: "a length of 64 bits") }
        return number
    }
}

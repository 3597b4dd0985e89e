extension JSONEngine {
    /// Where the scanner stands inside a string.
    struct StringState: Sendable {
        enum Escape {
            case none
            /// After a backslash.
            case began
            /// In the four digits after `\u`.
            case digits
            /// After the first half of a pair: a backslash must come, then a `u`.
            case secondHalf, secondHalfBegan
        }

        var escape = Escape.none
        var escapeStart = 0
        var digitCount = 0
        var unit: UInt32 = 0
        /// The first half of a surrogate pair whose second half must follow.
        var high: UInt32 = 0
        /// Continuation bytes that a character cut by the end of a chunk still needs.
        var continuations = 0
        var nextRange: ClosedRange<UInt8> = 0x80...0xBF
        /// Whether the bytes go to the owner piece by piece.
        var handedOut = false
        /// Whether the owner has said that this long string is to be kept.
        var keptWhole = false
    }

    /// Runs are read in steps so that a string of any length costs one pass and a bounded buffer.
    private static let stepBytes = 64 << 10

    /// The owner's answer to `longString`: whether it wants the pieces.
    mutating func takeString(inPieces: Bool) {
        string.handedOut = inPieces
        string.keptWhole = !inPieces
    }

    mutating func scanString(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(JSONError) -> Step? {
        while index < bytes.count {
            if let step = try overflow() { return step }
            if string.escape != .none {
                try escapeByte(bytes[index], at: base + index)
                index += 1
            } else if string.continuations > 0 {
                try continuation(bytes[index], at: base + index)
                index += 1
            } else {
                let start = index
                index = UTF8Run.end(in: bytes, from: start, to: min(bytes.count, start + Self.stepBytes))
                if index < bytes.count, bytes[index] == UInt8(ascii: "\""), text.isEmpty, fits(index - start) {
                    try endString(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
                    index += 1
                    return nil
                } else if index > start {
                    text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
                } else if let step = try special(bytes[index], at: base + index, &index) {
                    return step
                } else if token == .none {
                    return nil
                }
            }
        }
        return try overflow()
    }

    /// Whether a string of this length needs no look at the limits.
    private func fits(_ length: Int) -> Bool {
        !string.handedOut && length <= (token == .name ? limits.nameBytes : min(spillThreshold, limits.stringBytes))
    }

    /// What to do about a string that has grown too long, if it has.
    private func overflow() throws(JSONError) -> Step? {
        if token == .name {
            guard text.count > limits.nameBytes else { return nil }
            throw JSONError(offset: tokenStart, reason: "a member name of more than \(limits.nameBytes) bytes")
        }
        if text.count > spillThreshold && !string.keptWhole { return string.handedOut ? .piece : .longString }
        guard text.count > limits.stringBytes else { return nil }
        throw JSONError(offset: tokenStart, reason: "a string of more than \(limits.stringBytes) bytes")
    }

    /// A byte that does not stand for itself: a quote, a backslash, a control character, or a byte over 127 whose
    /// character is not whole in this chunk.
    private mutating func special(_ byte: UInt8, at offset: Int, _ index: inout Int) throws(JSONError) -> Step? {
        switch byte {
        case UInt8(ascii: "\""):
            index += 1
            return try closeString()
        case UInt8(ascii: "\\"):
            string.escape = .began
            string.escapeStart = offset
        case ..<0x20:
            throw JSONError(offset: offset, reason: "a control character in a string")
        default:
            guard let lead = UTF8Run.lead(byte) else { throw JSONError(offset: offset, reason: "invalid UTF-8") }
            string.continuations = lead.continuations
            string.nextRange = lead.next
            text.append(byte)
        }
        index += 1
        return nil
    }

    private mutating func continuation(_ byte: UInt8, at offset: Int) throws(JSONError) {
        guard string.nextRange.contains(byte) else { throw JSONError(offset: offset, reason: "invalid UTF-8") }
        string.continuations -= 1
        string.nextRange = 0x80...0xBF
        text.append(byte)
    }

    private mutating func closeString() throws(JSONError) -> Step? {
        if string.handedOut {
            token = .none
            string = StringState()
            return .endOfString
        }
        let whole = text
        text.removeAll(keepingCapacity: text.count <= Self.stepBytes)
        try whole.withUnsafeBytes { buffer -> Result<Void, JSONError> in
            Result { () throws(JSONError) in try endString(buffer) }
        }.get()
        return nil
    }

    private mutating func endString(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        let value = String(decoding: bytes, as: UTF8.self)
        let isName = token == .name
        token = .none
        string = StringState()
        guard isName else { return try deliver(.string(value)) }
        stack[stack.count - 1].name = value
        expectation = .colon
    }
}

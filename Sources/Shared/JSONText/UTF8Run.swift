/// Runs of string bytes that stand for themselves.
enum UTF8Run {
    /// The end of the longest run from `start` of plain ASCII and whole, valid characters (RFC 3629). Eight ASCII
    /// bytes are looked at in one go.
    static func end(in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
        var index = start
        while index < end {
            while index + 8 <= end, isPlain(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) { index += 8 }
            guard index < end else { break }
            let byte = bytes[index]
            if byte >= 0x80 {
                guard let length = character(in: bytes, at: index, to: end) else { break }
                index += length
            } else if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                break
            } else {
                index += 1
            }
        }
        return index
    }

    /// What may follow the first byte of a character of several, or nil for a byte that cannot be first.
    static func lead(_ byte: UInt8) -> (continuations: Int, next: ClosedRange<UInt8>)? {
        switch byte {
        case 0xC2...0xDF: (1, 0x80...0xBF)
        case 0xE0: (2, 0xA0...0xBF)
        case 0xED: (2, 0x80...0x9F)
        case 0xE1...0xEF: (2, 0x80...0xBF)
        case 0xF0: (3, 0x90...0xBF)
        case 0xF1...0xF3: (3, 0x80...0xBF)
        case 0xF4: (3, 0x80...0x8F)
        default: nil
        }
    }

    private static func character(in bytes: UnsafeRawBufferPointer, at index: Int, to end: Int) -> Int? {
        guard let (continuations, next) = lead(bytes[index]), index + continuations < end else { return nil }
        guard next.contains(bytes[index + 1]) else { return nil }
        for place in 1...continuations where bytes[index + place] & 0xC0 != 0x80 { return nil }
        return continuations + 1
    }

    /// The first byte from `start` that is written as an escape, or the end. Eight bytes are looked at in one go.
    static func endOfUnescaped(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count, !hasSpecial(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
            index += 8
        }
        while index < bytes.count, !isSpecial(bytes[index]) { index += 1 }
        return index
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// Whether none of eight bytes is a quote, a backslash, a control character or over 127.
    private static func isPlain(_ word: UInt64) -> Bool { word & (ones << 7) == 0 && !hasSpecial(word) }

    /// Whether one of eight bytes is a quote, a backslash or a control character. Each test sets the top bit of a byte
    /// that meets it; a carry can only set one more behind a byte that did.
    private static func hasSpecial(_ word: UInt64) -> Bool {
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let control = (word &- ones &* 0x20) & ~word
        let found = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | control
        return found & (ones << 7) != 0
    }
}

extension JSONEngine {
    /// Reads one byte of an escape (RFC 8259 section 7).
    mutating func escapeByte(_ byte: UInt8, at offset: Int) throws(JSONError) {
        switch string.escape {
        case .none: break
        case .began: try escapeLetter(byte, at: offset)
        case .digits: try escapeDigit(byte, at: offset)
        case .secondHalf:
            guard byte == UInt8(ascii: "\\") else { throw loneSurrogate }
            string.escape = .secondHalfBegan
        case .secondHalfBegan:
            guard byte == UInt8(ascii: "u") else { throw loneSurrogate }
            beginDigits()
        }
    }

    private var loneSurrogate: JSONError {
        JSONError(offset: string.escapeStart, reason: "half a surrogate pair")
    }

    private mutating func beginDigits() {
        string.escape = .digits
        string.digitCount = 0
        string.unit = 0
    }

    private mutating func escapeLetter(_ byte: UInt8, at offset: Int) throws(JSONError) {
        string.escape = .none
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): beginDigits()
        default: throw JSONError(offset: offset, reason: "an unknown escape")
        }
    }

    private mutating func escapeDigit(_ byte: UInt8, at offset: Int) throws(JSONError) {
        let digit: UInt8
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
        default: throw JSONError(offset: offset, reason: "expected four hexadecimal digits")
        }
        string.unit = string.unit << 4 | UInt32(digit)
        string.digitCount += 1
        if string.digitCount == 4 { try endUnit() }
    }

    private mutating func endUnit() throws(JSONError) {
        let unit = string.unit
        string.escape = .none
        switch unit {
        case 0xD800...0xDBFF:
            guard string.high == 0 else { throw loneSurrogate }
            string.high = unit
            string.escape = .secondHalf
        case 0xDC00...0xDFFF:
            guard string.high != 0 else { throw loneSurrogate }
            appendScalar(0x10000 + (string.high - 0xD800) << 10 + (unit - 0xDC00))
            string.high = 0
        default:
            guard string.high == 0 else { throw loneSurrogate }
            appendScalar(unit)
        }
    }

    private mutating func appendScalar(_ value: UInt32) {
        // The callers give no surrogates and nothing above U+10FFFF, so there is always a scalar.
        guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else { return }
        text.append(contentsOf: encoded)
    }
}

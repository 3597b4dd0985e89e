/// UTF-8 text of one log line in the making. Nothing that is appended can end the line, or change how it reads on a
/// terminal.
struct LogText {
    private(set) var bytes: [UInt8] = []

    /// Appends text that is known to be plain.
    mutating func append(plain text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func append(byte: UInt8) { bytes.append(byte) }

    /// Appends a number with zeros before it.
    mutating func append(_ number: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends text with its control characters escaped as in JSON, and line separators and the characters that turn
    /// the direction of writing (Unicode UAX #9) too.
    ///
    /// - Parameter quoted: escapes quotes and backslashes as well.
    mutating func append(escaping text: String, quoted: Bool = false) {
        guard !Self.isPlain(text, quoted: quoted) else { return bytes.append(contentsOf: text.utf8) }
        for scalar in text.unicodeScalars { append(scalar, quoted: quoted) }
    }

    private mutating func append(_ scalar: Unicode.Scalar, quoted: Bool) {
        switch scalar {
        case "\n": append(plain: "\\n")
        case "\r": append(plain: "\\r")
        case "\t": append(plain: "\\t")
        case "\"" where quoted: append(plain: "\\\"")
        case "\\" where quoted: append(plain: "\\\\")
        case _ where Self.isHidden(scalar): appendEscape(scalar.value)
        default: bytes.append(contentsOf: String(scalar).utf8)
        }
    }

    private mutating func appendEscape(_ value: UInt32) {
        append(plain: "\\u")
        let hex = String(value, radix: 16)
        for _ in hex.utf8.count..<4 { bytes.append(UInt8(ascii: "0")) }
        bytes.append(contentsOf: hex.utf8)
    }

    private static func isPlain(_ text: String, quoted: Bool) -> Bool {
        text.utf8.allSatisfy { byte in
            (0x20...0x7E).contains(byte) && !(quoted && (byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")))
        }
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

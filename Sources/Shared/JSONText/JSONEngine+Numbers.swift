extension JSONEngine {
    mutating func scanNumber(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(JSONError) {
        let start = index
        while index < bytes.count && JSONNumber.mayContain(bytes[index]) { index += 1 }
        let length = text.count + index - start
        guard length <= limits.numberBytes else {
            throw JSONError(offset: tokenStart, reason: "a number of more than \(limits.numberBytes) characters")
        }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
        if index < bytes.count && text.isEmpty {
            token = .none
            try deliver(try JSONNumber.read(piece, at: tokenStart))
            return
        }
        text.append(contentsOf: piece)
        if index < bytes.count { try endNumber() }
    }

    /// Reads the number that came in several chunks or ended with the text.
    mutating func endNumber() throws(JSONError) {
        let start = tokenStart
        let number = text.withUnsafeBytes { characters -> Result<JSON, JSONError> in
            Result { () throws(JSONError) in try JSONNumber.read(characters, at: start) }
        }
        text.removeAll(keepingCapacity: true)
        token = .none
        try deliver(try number.get())
    }
}

/// A number's text (RFC 8259 section 6) and its value.
enum JSONNumber {
    static func mayContain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// The value of a whole number token that begins at byte `start` of its text.
    static func read(_ bytes: UnsafeRawBufferPointer, at start: Int) throws(JSONError) -> JSON {
        var reader = NumberReader(bytes: bytes, start: start)
        try reader.check()
        if reader.isInteger && !reader.overflowed {
            if !reader.negative { return JSON(reader.mantissa) }
            if reader.mantissa <= UInt64(Int64.max) + 1 {
                return .integer(Int64(truncatingIfNeeded: 0 &- reader.mantissa))
            }
        }
        return .double(try reader.double())
    }
}

/// Goes over a number once, checks its grammar and keeps what the value is made from.
private struct NumberReader {
    let bytes: UnsafeRawBufferPointer
    let start: Int
    var place = 0
    var negative = false
    var isInteger = true
    var mantissa: UInt64 = 0
    var overflowed = false
    /// The power of ten that belongs to `mantissa`.
    var scale = 0

    init(bytes: UnsafeRawBufferPointer, start: Int) {
        self.bytes = bytes
        self.start = start
    }

    mutating func check() throws(JSONError) {
        negative = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if digit != nil { throw fault("a number with a leading zero") }
        } else {
            try digits()
        }
        if take(UInt8(ascii: ".")) {
            isInteger = false
            let first = place
            try digits()
            scale = first - place
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            try exponent()
        }
        if place < bytes.count { throw fault("unexpected character in a number") }
    }

    /// The nearest double. Up to 2^53 and 10^22 both are exact, and so one operation rounds right (Clinger 1990).
    func double() throws(JSONError) -> Double {
        if !overflowed && mantissa <= 1 << 53 && abs(scale) <= 22 {
            let power = Self.powers[abs(scale)]
            let value = scale < 0 ? Double(mantissa) / power : Double(mantissa) * power
            return negative ? -value : value
        }
        guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else {
            throw JSONError(offset: start, reason: "a number too large for a double")
        }
        return value
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    private var digit: UInt8? {
        guard place < bytes.count, case UInt8(ascii: "0")...UInt8(ascii: "9") = bytes[place] else { return nil }
        return bytes[place] - UInt8(ascii: "0")
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func digits() throws(JSONError) {
        guard digit != nil else { throw fault("expected a digit") }
        while let digit {
            let (tens, carried) = mantissa.multipliedReportingOverflow(by: 10)
            let (sum, over) = tens.addingReportingOverflow(UInt64(digit))
            overflowed = overflowed || carried || over
            mantissa = sum
            place += 1
        }
    }

    private mutating func exponent() throws(JSONError) {
        let minus = take(UInt8(ascii: "-"))
        if !minus { _ = take(UInt8(ascii: "+")) }
        guard digit != nil else { throw fault("expected a digit") }
        var value = 0
        while let digit {
            // More than any double can hold; the exact size no longer matters.
            value = min(value * 10 + Int(digit), 1_000_000)
            place += 1
        }
        scale += minus ? -value : value
    }

    private func fault(_ reason: String) -> JSONError {
        JSONError(offset: start + place, reason: reason)
    }
}

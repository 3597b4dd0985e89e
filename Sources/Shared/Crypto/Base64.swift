/// Base64 with the standard alphabet (RFC 4648 §4). Our own and not libcrypto's, because that one cannot say where a
/// text went wrong and decodes only in lines; this one streams.
public enum Base64 {
    /// The text for `bytes`, padded, without line breaks.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        withContiguousBytes(of: bytes) { bytes in
            String(unsafeUninitializedCapacity: encodedCount(bytes.count)) { write(bytes, to: $0) }
        }
    }

    /// The same as UTF-8, for a body that is written as it is made: pieces whose length divides by three can be
    /// encoded one after the other.
    public static func encodeUTF8(_ bytes: some Collection<UInt8>) -> [UInt8] {
        withContiguousBytes(of: bytes) { bytes in
            [UInt8](unsafeUninitializedCapacity: encodedCount(bytes.count)) { $1 = write(bytes, to: $0) }
        }
    }

    /// The bytes of a Base64 text as ``Base64Decoder`` reads it, or nil where it refuses the text.
    public static func decode(_ text: String) -> [UInt8]? {
        try? decode(utf8: text.utf8)
    }

    /// The bytes of a Base64 text given as UTF-8.
    /// - Throws: ``Base64Error`` with the offset of the first byte that does not fit.
    public static func decode(utf8 text: some Collection<UInt8>) throws(Base64Error) -> [UInt8] {
        var decoder = Base64Decoder()
        var bytes: [UInt8] = []
        try decoder.update(text, into: &bytes)
        try decoder.finish()
        return bytes
    }

    /// How many characters `count` bytes take, padding included.
    public static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let alphabet = Base64Tables.alphabet.utf8Start
        var read = 0
        var written = 0
        while read + 3 <= bytes.count {
            let group = UInt32(bytes[read]) << 16 | UInt32(bytes[read + 1]) << 8 | UInt32(bytes[read + 2])
            text[written] = alphabet[Int(group >> 18)]
            text[written + 1] = alphabet[Int(group >> 12 & 63)]
            text[written + 2] = alphabet[Int(group >> 6 & 63)]
            text[written + 3] = alphabet[Int(group & 63)]
            read += 3
            written += 4
        }
        guard read < bytes.count else { return written }
        let second = read + 1 < bytes.count ? bytes[read + 1] : nil
        let group = UInt32(bytes[read]) << 16 | UInt32(second ?? 0) << 8
        text[written] = alphabet[Int(group >> 18)]
        text[written + 1] = alphabet[Int(group >> 12 & 63)]
        text[written + 2] = second == nil ? UInt8(ascii: "=") : alphabet[Int(group >> 6 & 63)]
        text[written + 3] = UInt8(ascii: "=")
        return written + 4
    }
}

/// Why a Base64 text was refused.
public struct Base64Error: Error, Sendable, Hashable, CustomStringConvertible {
    /// The place of the first byte that does not fit, counted from 0 over all that the decoder was fed.
    public let offset: Int
    /// What is wrong there, as the end of a sentence.
    public let reason: String

    public var description: String { "Base64, at byte \(offset): \(reason)" }
}

/// The alphabet and the way back from it.
enum Base64Tables {
    static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    static let blank: UInt8 = 0x80
    static let padding: UInt8 = 0x81
    static let foreign: UInt8 = 0xFF

    /// The value of each byte: 0…63 for the alphabet, above 0x7F for everything else.
    static let values: [UInt8] = {
        var values = [UInt8](repeating: foreign, count: 256)
        for value in 0..<64 { values[Int(alphabet.utf8Start[value])] = UInt8(value) }
        for character in " \t\n\r\u{0B}\u{0C}".utf8 { values[Int(character)] = blank }
        values[Int(UInt8(ascii: "="))] = padding
        return values
    }()
}

/// A text that a PNG file carries beside its pixels, as ComfyUI's `prompt` and `workflow`.
public struct PNGText: Sendable, Hashable {
    /// The text's name, 1 to 79 Latin-1 characters.
    public let keyword: String
    /// The text; nil when it is compressed (zTXt, or iTXt with its flag set), which is not unpacked.
    public let text: String?

    public init(keyword: String, text: String) {
        self.keyword = keyword
        self.text = text
    }

    /// Reads the content of a `tEXt`, `zTXt` or `iTXt` chunk (PNG specification §11.3.3); nil when it is none.
    init?(type: String, content: ArraySlice<UInt8>) {
        guard let end = content.firstIndex(of: 0), (1...79).contains(end - content.startIndex) else { return nil }
        let rest = content[(end + 1)...]
        keyword = Self.latin1(content[..<end])
        switch type {
        case "tEXt": text = Self.latin1(rest)
        case "zTXt": text = nil
        case "iTXt":
            // Two flags, then a language and a translated keyword, each ended by a zero.
            guard rest.count >= 4, let language = rest.dropFirst(2).firstIndex(of: 0),
                let translated = rest[(language + 1)...].firstIndex(of: 0)
            else { return nil }
            text = rest[rest.startIndex] == 0 ? String(decoding: rest[(translated + 1)...], as: UTF8.self) : nil
        default: return nil
        }
    }

    /// The whole chunk: `tEXt` where all characters are Latin-1, `iTXt` otherwise.
    /// - Throws: ``ImageError/Reason/invalidRequest`` for a keyword or text that a PNG cannot hold.
    func chunk() throws -> [UInt8] {
        guard let name = Self.latin1(keyword), (1...79).contains(name.count), !name.contains(0) else {
            throw ImageError.invalid("The keyword of a PNG text must be 1 to 79 Latin-1 characters.")
        }
        guard let text, !text.utf8.contains(0), text.utf8.count < 1 << 30 else {
            throw ImageError.invalid("The text \(keyword) cannot be written into a PNG.")
        }
        guard let plain = Self.latin1(text) else {
            return Self.chunk("iTXt", name + [0, 0, 0, 0, 0] + Array(text.utf8))
        }
        return Self.chunk("tEXt", name + [0] + plain)
    }

    /// Length, type, content and checksum.
    private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + content
        return bigEndian(UInt32(content.count)) + body + bigEndian(CRC32.checksum(body))
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }

    private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    private static func latin1(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}

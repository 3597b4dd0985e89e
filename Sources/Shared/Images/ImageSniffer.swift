extension ImageFormat {
    /// How many bytes from a file's start are enough to know its format.
    public static let sniffedBytes = 4096

    /// Tells the format by the first bytes of the content, whatever the file is called; nil when it is none of those
    /// known. It looks at ``sniffedBytes`` bytes at most and says nothing about whether the rest is whole.
    public init?(sniffing content: some Collection<UInt8>) {
        let head = Array(content.prefix(Self.sniffedBytes))
        guard let format = Self.byMagic(head) ?? Self.byBrand(head) ?? Self.byDocumentType(head) ?? Self.byMarkup(head)
        else { return nil }
        self = format
    }

    private static func byMagic(_ head: [UInt8]) -> ImageFormat? {
        if head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if head.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if head.starts(with: "GIF87a".utf8) || head.starts(with: "GIF89a".utf8) { return .gif }
        if head.starts(with: "RIFF".utf8), head.dropFirst(8).starts(with: "WEBP".utf8) { return .webp }
        if head.starts(with: [0x49, 0x49, 0x2A, 0x00]) || head.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) { return .tiff }
        // "BM" alone opens many a text; the four reserved bytes of a bitmap are zero.
        if head.starts(with: "BM".utf8), head.count >= 14, head[6..<10].allSatisfy({ $0 == 0 }) { return .bmp }
        return nil
    }

    /// ISO base media files (ISO/IEC 14496-12): a first box `ftyp` with a major brand and compatible ones.
    private static func byBrand(_ head: [UInt8]) -> ImageFormat? {
        guard head.count >= 16, head[4..<8].elementsEqual("ftyp".utf8) else { return nil }
        let size = head[..<4].reduce(0) { $0 << 8 | Int($1) }
        let end = min(size, head.count)
        let compatible = stride(from: 16, to: max(end - 3, 16), by: 4)
        let brands = ([8] + compatible).map { String(decoding: head[$0..<$0 + 4], as: UTF8.self) }
        if brands.contains(where: ["avif", "avis"].contains) { return .avif }
        if brands.contains(where: heifBrands.contains) { return .heic }
        if brands.contains(where: videoBrands.contains) { return .mp4 }
        return nil
    }

    private static let heifBrands: Set<String> = [
        "heic", "heix", "hevc", "hevx", "heim", "heis", "hevm", "hevs", "mif1", "msf1",
    ]
    private static let videoBrands: Set<String> = [
        "isom", "iso2", "iso3", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "dash",
    ]

    /// EBML files: the document type stands near the start.
    private static func byDocumentType(_ head: [UInt8]) -> ImageFormat? {
        guard head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) else { return nil }
        // Element 0x4282 (DocType), length 4.
        return contains(head.prefix(64), [0x42, 0x82, 0x84] + Array("webm".utf8)) ? .webm : nil
    }

    private static func byMarkup(_ head: [UInt8]) -> ImageFormat? {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = head.starts(with: byteOrderMark) ? head.dropFirst(3) : head[...]
        guard text.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "<") else { return nil }
        return contains(text, Array("<svg".utf8)) || contains(text, Array(":svg".utf8)) ? .svg : nil
    }

    private static func contains(_ bytes: ArraySlice<UInt8>, _ wanted: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: wanted) }
    }
}

import Images
import Testing

@Suite struct SnifferTests {
    static func fileType(_ brands: String...) -> [UInt8] {
        let size = UInt8(8 + 4 * (brands.count + 1))
        return [0, 0, 0, size] + Array("ftyp".utf8) + Array(brands[0].utf8) + [0, 0, 0, 0]
            + brands.dropFirst().flatMap { Array($0.utf8) }
    }

    static let samples: [([UInt8], ImageFormat?)] = [
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], .png),
        ([0xFF, 0xD8, 0xFF, 0xE0], .jpeg),
        (Array("GIF87a".utf8), .gif),
        (Array("GIF89a".utf8), .gif),
        (Array("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ".utf8), .webp),
        (Array("RIFF\u{1}\u{2}\u{3}\u{4}WAVEfmt ".utf8), nil),
        (fileType("avif", "mif1"), .avif),
        (fileType("mif1", "avif", "miaf"), .avif),
        (fileType("heic", "mif1"), .heic),
        (fileType("mif1", "heic"), .heic),
        (fileType("isom", "iso2", "avc1"), .mp4),
        (fileType("M4A ", "xyz1"), nil),
        ([0x42, 0x4D, 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0], .bmp),
        (Array("BMW is a car maker".utf8), nil),
        ([0x49, 0x49, 0x2A, 0x00], .tiff),
        ([0x4D, 0x4D, 0x00, 0x2A], .tiff),
        (Array("<svg/>".utf8), .svg),
        ([0xEF, 0xBB, 0xBF] + Array("\n <?xml version='1.0'?><!-- a --><svg>".utf8), .svg),
        (Array("<?xml version='1.0'?><note/>".utf8), nil),
        (Array("see <svg>".utf8), nil),
        ([0x1A, 0x45, 0xDF, 0xA3, 0x9F, 0x42, 0x82, 0x84] + Array("webm".utf8), .webm),
        ([0x1A, 0x45, 0xDF, 0xA3, 0x9F, 0x42, 0x82, 0x88] + Array("matroska".utf8), nil),
        (Array("PK\u{3}\u{4}".utf8), nil),
        ([0xFF, 0xD8], nil),
        ([], nil),
    ]

    @Test(arguments: samples)
    func `the format is known by content`(content: [UInt8], format: ImageFormat?) {
        #expect(ImageFormat(sniffing: content) == format)
    }

    @Test func `any beginning of a known head is sniffed without a fault`() {
        for (content, _) in Self.samples {
            for count in 0...content.count { _ = ImageFormat(sniffing: content.prefix(count)) }
        }
        #expect(ImageFormat(sniffing: Self.fileType("mif1", "avif").prefix(17)) == .heic)
    }

    @Test func `each format has its media type and its file extension`() {
        #expect(ImageFormat.jpeg.mimeType == "image/jpeg")
        #expect(ImageFormat.jpeg.fileExtension == "jpg")
        #expect(ImageFormat.svg.mimeType == "image/svg+xml")
        #expect(ImageFormat.mp4.mimeType == "video/mp4")
        #expect(ImageFormat.allCases.filter(\.isVideo) == [.mp4, .webm])
        #expect(ImageFormat.allCases.filter(\.canBeUsed) == [.png, .jpeg, .gif, .webp, .avif, .heic])
    }
}

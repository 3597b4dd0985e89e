import Testing

@testable import Images

@Suite struct MetadataStripperTests {
    @Test func `a JPEG keeps its profile and loses comments, further pictures and what follows its end`() throws {
        let plain = try Pictures.jpeg()
        let profile = Pictures.segment(0xE2, Array("ICC_PROFILE\0\u{1}\u{1}".utf8))
        let rest = Pictures.segment(0xE2, Array("MPF\0".utf8)) + Pictures.segment(0xFE, Array("note".utf8))
        let marked = plain[..<2] + profile + rest + plain[2...] + [1, 2, 3]
        #expect(JPEGSegments.strip(Array(marked)) == Array(plain[..<2] + profile + plain[2...]))
        #expect(JPEGSegments.strip(plain) == plain)
    }

    @Test func `a WebP loses EXIF and XMP and the flags that tell of them`() throws {
        let plain = try Pictures.quarters().encode(as: .webpLossless)
        let start = try #require(plain.indices.first { plain[$0...].starts(with: "VP8L".utf8) })
        let body = Array(plain[start...])
        let extended: [UInt8] = Array("VP8X".utf8) + [10, 0, 0, 0, 0b0000_1100, 0, 0, 0, 31, 0, 0, 15, 0, 0]
        let exif: [UInt8] = Array("EXIF".utf8) + [3, 0, 0, 0, 1, 2, 3, 0]
        func file(_ content: [UInt8]) -> [UInt8] {
            Array("RIFF".utf8) + Pictures.big(UInt32(content.count + 4)).reversed() + Array("WEBP".utf8) + content
        }
        var cleared = extended
        cleared[8] = 0
        let stripped = WebPChunks.strip(file(extended + body + exif))
        #expect(stripped == file(cleared + body))
        #expect(WebPChunks.strip(plain) == plain)
        #expect(try ImageProbe.verify(.bytes(stripped ?? [])).width == 32)
    }

    @Test func `an animated PNG becomes still`() throws {
        let plain = try Pictures.png()
        let animated = plain[..<33] + Pictures.chunk("acTL", [0, 0, 0, 1, 0, 0, 0, 0]) + plain[33...]
        #expect(MetadataStripper.strip(Array(animated), .png) == plain)
        #expect(try PNGChunks(Array(animated)).strippingText() == Array(animated))
    }

    @Test func `any cut of a file is stripped without a fault`() throws {
        let files: [(ImageFormat, [UInt8])] = [
            (.jpeg, try Pictures.jpeg(orientation: 1)), (.png, try Pictures.png()),
            (.webp, try Pictures.quarters().encode(as: .webp(quality: 90))),
        ]
        for (format, whole) in files {
            for count in 0..<whole.count {
                #expect(MetadataStripper.strip(Array(whole[..<count]), format) == nil, "\(format) \(count)")
            }
        }
        #expect(MetadataStripper.strip(Pictures.animatedGIF, .gif) == nil)
    }

    @Test func `a profile that calls itself sRGB is known in both spellings`() {
        #expect(ColourProfile.isStandard([0, 1] + Array("sRGB IEC61966-2.1".utf8)))
        #expect(ColourProfile.isStandard([9, 0] + Array("s\0R\0G\0B\0".utf8)))
        #expect(!ColourProfile.isStandard(Array("Display P3".utf8)))
        #expect(!ColourProfile.isStandard([]))
    }

    @Test func `paths are cut out of what a library says`() {
        #expect(VipsLibrary.withoutPaths("load: \"/tmp/a b.png\"\n not ok") == "load: … b.png\" not ok")
    }
}

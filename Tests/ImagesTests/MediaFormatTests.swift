import Images
import Testing

@Suite struct MediaFormatTests {
    private static func box(_ brand: String, _ compatible: String = "") -> [UInt8] {
        let text = "ftyp" + brand + "\0\0\0\0" + compatible
        return [0, 0, 0, UInt8(text.utf8.count + 4)] + Array(text.utf8)
    }

    @Test(arguments: [
        (Array("RIFF\u{10}\0\0\0WAVEfmt ".utf8), MediaFormat.wav), (Array("fLaC\0".utf8), .flac),
        (Array("OggS\0\u{2}".utf8), .ogg), (Array("ID3\u{4}\0".utf8), .mp3), ([0xFF, 0xFB, 0x90, 0x64], .mp3),
        ([0xFF, 0xF3, 0x44, 0xC4], .mp3), (box("M4A ", "isommp42"), .m4a), (box("M4A "), .m4a),
        (box("isom", "iso2avc1"), .mp4), (box("mp42", "isom"), .mp4), (box("qt  "), .mov),
        ([0x1A, 0x45, 0xDF, 0xA3, 0x87, 0x42, 0x82, 0x84] + Array("webm".utf8), .webm),
    ])
    func `sounds and films are known by their content`(content: [UInt8], format: MediaFormat) {
        #expect(MediaFormat(sniffing: content) == format)
    }

    @Test(
        arguments: [
            [], [0xFF], [0xFF, 0xD8, 0xFF, 0xE0], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xF1, 0x50, 0x80],
            Array("RIFF\u{10}\0\0\0WEBPVP8 ".utf8), Array("RIFF".utf8), Array("<html>".utf8),
            Array("PK\u{3}\u{4}".utf8),
            box("avif", "mif1"), box("heic", "mif1"), box("what"), Array("#!/bin/sh".utf8),
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A],
        ] as [[UInt8]])
    func `anything else is none`(content: [UInt8]) {
        #expect(MediaFormat(sniffing: content) == nil)
    }
}

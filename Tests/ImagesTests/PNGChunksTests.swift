import Testing

@testable import Images

@Suite struct PNGChunksTests {
    static let texts = [
        PNGText(keyword: "prompt", text: "{\"3\": {\"class_type\": \"KSampler\"}}"),
        PNGText(keyword: "Ort", text: "Köln"),
        PNGText(keyword: "workflow", text: "猫 🐈"),
        PNGText(keyword: "empty", text: ""),
    ]

    @Test func `texts written into a PNG are read from it, and its pixels stay`() throws {
        let raster = try Pictures.quarters()
        let bytes = try raster.encodePNG(texts: Self.texts)
        let chunks = try PNGChunks(bytes)
        #expect(chunks.texts == Self.texts)
        #expect(chunks.chunks.map(\.type).prefix(5) == ["IHDR", "tEXt", "tEXt", "iTXt", "tEXt"])
        #expect(chunks.chunks.last?.type == "IEND")
        #expect(try Raster.decode(bytes) == raster)
    }

    @Test func `stripping the texts gives the file that never had any`() throws {
        let raster = try Pictures.quarters()
        let plain = try raster.encodePNG()
        let full = try raster.encodePNG(texts: Self.texts)
        let more = full[..<33] + Pictures.chunk("eXIf", [1, 2]) + Pictures.chunk("zTXt", [65, 0, 0, 1]) + full[33...]
        #expect(try PNGChunks(Array(more) + [9, 9]).strippingText() == plain)
        #expect(try PNGChunks(plain).strippingText() == plain)
    }

    @Test func `a chunk as the specification gives it`() throws {
        #expect(try PNGText(keyword: "A", text: "b").chunk() == Pictures.chunk("tEXt", [65, 0, 98]))
        #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(Pictures.chunk("IEND", []) == [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
    }

    @Test func `compressed texts tell their keyword, senseless ones nothing`() {
        let zipped = PNGText(type: "zTXt", content: [65, 66, 0, 0, 1, 2][...])
        #expect(zipped?.keyword == "AB")
        #expect(zipped?.text == nil)
        let flagged = PNGText(type: "iTXt", content: [65, 0, 1, 0, 0, 0, 7][...])
        #expect(flagged?.keyword == "A")
        #expect(flagged?.text == nil)
        for content: [UInt8] in [
            [], [65], [0, 65], [65, 0], [65, 0, 0, 0, 1], [UInt8](repeating: 65, count: 80) + [0],
        ] {
            #expect(PNGText(type: "iTXt", content: content[...]) == nil)
        }
        #expect(PNGText(type: "IDAT", content: [65, 0, 66][...]) == nil)
    }

    @Test(arguments: ["", String(repeating: "k", count: 80), "a\0b", "猫"])
    func `a keyword that a PNG cannot hold is refused`(keyword: String) {
        let error = #expect(throws: ImageError.self) { try PNGText(keyword: keyword, text: "x").chunk() }
        #expect(error?.reason == .invalidRequest)
    }

    @Test func `a text with a zero in it is refused`() {
        #expect(throws: ImageError.self) { try PNGText(keyword: "a", text: "x\0y").chunk() }
    }

    @Test func `a file that is no sequence of whole chunks is refused`() throws {
        let whole = try Pictures.png()
        for count in 0..<whole.count {
            #expect(throws: ImageError.self) { try PNGChunks(Array(whole[..<count])) }
        }
        var huge = whole
        huge.replaceSubrange(33..<37, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: ImageError.self) { try PNGChunks(huge) }
        var nameless = whole
        nameless[37] = 0
        #expect(throws: ImageError.self) { try PNGChunks(nameless) }
        #expect(throws: ImageError.self) { try PNGChunks(Array(whole[..<8] + whole[33...])) }
        #expect(throws: ImageError.self) { try PNGChunks(Pictures.zip) }
    }
}

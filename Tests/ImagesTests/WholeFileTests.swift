import Testing

@testable import Images

@Suite struct WholeFileTests {
    private static func files() throws -> [(format: ImageFormat, bytes: [UInt8])] {
        [
            (.jpeg, try Pictures.jpeg(orientation: 1)), (.png, try Pictures.png()),
            (.webp, try Pictures.quarters().encode(as: .webp(quality: 90))),
        ]
    }

    @Test func `a whole file is whole, also with something behind it`() throws {
        for (format, whole) in try Self.files() {
            #expect(WholeFile.check(whole, format) == true, "\(format)")
            #expect(WholeFile.check(whole + [1, 2, 3], format) == true, "\(format)")
        }
    }

    @Test func `any cut of a file is noticed`() throws {
        for (format, whole) in try Self.files() {
            for count in 0..<whole.count {
                #expect(WholeFile.check(Array(whole[..<count]), format) == false, "\(format) \(count)")
            }
        }
    }

    @Test func `a PNG with any other bit is damaged`() throws {
        let whole = try Pictures.png()
        for place in whole.indices {
            var damaged = whole
            damaged[place] ^= 0x10
            #expect(WholeFile.check(damaged, .png) == false, "\(place)")
        }
    }

    @Test func `a frame with no picture in it is not whole`() {
        #expect(WholeFile.check([0xFF, 0xD8, 0xFF, 0xD9], .jpeg) == false)
        #expect(WholeFile.check(Array("RIFF\u{4}\0\0\0WEBP".utf8), .webp) == false)
        #expect(WholeFile.check(Pictures.animatedGIF, .gif) == nil)
    }
}

import Crypto
import Testing

@Suite struct Base64Tests {
    static let vectors: [(String, String)] = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: vectors)
    func `the vectors of RFC 4648 go both ways`(plain: String, coded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == coded)
        #expect(Base64.encodeUTF8(plain.utf8) == Array(coded.utf8))
        #expect(Base64.decode(coded) == Array(plain.utf8))
        #expect(Base64.decode(coded.filter { $0 != "=" }) == Array(plain.utf8))
    }

    @Test func `every byte value in every length comes back`() {
        for count in 0...300 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test func `a text cut into two or three pieces anywhere decodes the same`() throws {
        let bytes = (0..<16).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 250) }
        let text = Array(Base64.encode(bytes).utf8) + [UInt8(ascii: "\n")]
        for first in 0...text.count {
            for second in first...text.count {
                var decoder = Base64Decoder()
                var decoded: [UInt8] = []
                try decoder.update(text[..<first], into: &decoded)
                try decoder.update(text[first..<second], into: &decoded)
                try decoder.update(text[second...], into: &decoded)
                try decoder.finish()
                #expect(decoded == bytes)
                #expect(decoder.offset == text.count)
            }
        }
    }

    @Test func `a text larger than the inner buffer decodes whole`() throws {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0) }
        var lines: [UInt8] = []
        for (position, character) in Base64.encodeUTF8(bytes).enumerated() {
            if position % 76 == 0 { lines += [13, 10] }
            lines.append(character)
        }
        #expect(try Base64.decode(utf8: lines) == bytes)
    }

    @Test func `white space is skipped wherever it stands`() {
        #expect(Base64.decode(" Zm\r\n9v\tYg =\u{0C}=\n") == Array("foob".utf8))
        #expect(Base64.decode(" \n") == [])
    }

    @Test(arguments: [
        ("Zm9v-_8=", 4), ("Zm9vYg=a", 7), ("Zg==Zg==", 4), ("=", 0), ("Z===", 1), ("Zg===", 4), ("Zm9=v", 4),
        ("Zm9v=", 4), ("Zm9vY", 5), ("Zg=", 3), ("Zm9v\u{0}", 4), ("Zmé9", 2), ("Zm 9v !", 6),
    ])
    func `anything else is refused with its place`(text: String, offset: Int) {
        #expect(Base64.decode(text) == nil)
        let error = #expect(throws: Base64Error.self) { try Base64.decode(utf8: text.utf8) }
        #expect(error?.offset == offset)
    }

    @Test func `the place counts over all pieces and the decoder stays failed`() {
        var decoder = Base64Decoder()
        var decoded: [UInt8] = []
        for piece in ["Zm9v", "Zm", "9*"] {
            _ = try? decoder.update(Array(piece.utf8), into: &decoded)
        }
        #expect(decoded == Array("foofo".utf8))
        let again = #expect(throws: Base64Error.self) { try decoder.update(Array("Zm9v".utf8), into: &decoded) }
        #expect(again?.offset == 7)
        #expect(throws: Base64Error.self) { try decoder.finish() }
    }

    @Test func `a piece decodes into memory of the caller`() throws {
        var decoder = Base64Decoder()
        let text = Array("Zm9vYmFy".utf8)
        var room = [UInt8](repeating: 0, count: Base64Decoder.maximumDecodedCount(text.count))
        let written = try text.withUnsafeBytes { text in
            try room.withUnsafeMutableBytes { try decoder.update(text, into: $0) }
        }
        #expect(Array(room[..<written]) == Array("foobar".utf8))
    }
}

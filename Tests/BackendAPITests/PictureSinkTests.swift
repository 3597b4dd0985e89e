import Crypto
import JSONText
import Loop
import Testing
import Workflows

@testable import BackendAPI

@Suite struct PictureSinkTests {
    private func decode(_ text: String, pieces: Int, maxBytes: Int = 1000) -> (bytes: [UInt8], fault: String?) {
        var picture = Base64Picture(maxBytes: maxBytes)
        var bytes: [UInt8] = []
        let all = Array(text.utf8)
        for start in stride(from: 0, to: all.count, by: pieces) {
            bytes += all[start..<min(all.count, start + pieces)].withUnsafeBytes { picture.decode($0) }
        }
        picture.finish()
        return (bytes, picture.fault)
    }

    @Test(arguments: 1...40) func `a data URI cut anywhere decodes the same`(_ size: Int) {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let text = "data:image/png;base64," + Base64.encode(bytes)
        let decoded = decode(text, pieces: size)
        #expect(decoded.bytes == bytes)
        #expect(decoded.fault == nil)
        #expect(decode(Base64.encode(bytes), pieces: size).bytes == bytes)
    }

    @Test(arguments: ["", "data", "data:", "data:image/png;base64,", "data:image/png,abcd", "!!!!!!", "QUJD*UJD", "A"])
    func `what holds no base64 has a fault`(_ text: String) {
        #expect(decode(text, pieces: 3).fault != nil)
    }

    @Test func `a head without end is given up on`() {
        let text = "data:" + String(repeating: "x", count: 5000)
        #expect(decode(text, pieces: 100).fault == "a data: URI with no data")
    }

    @Test func `the limit counts decoded bytes`() {
        #expect(decode(Base64.encode([UInt8](repeating: 1, count: 1000)), pieces: 64).fault == nil)
        #expect(decode(Base64.encode([UInt8](repeating: 1, count: 1001)), pieces: 64).fault?.contains("limit") == true)
    }

    @Test func `long strings go to files that end with the request`() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 * 31 ^ $0 >> 8) }
        let body: JSON = ["mode": "paint", "face_images": [.string(Base64.encode(bytes)), "c2hvcnQ="], "prompt": "p"]
        do {
            var scanner = JSONScanner(sink: PictureSink(maxBytes: 1 << 20, spool: folder.path))
            let text = body.serialized()
            for start in stride(from: 0, to: text.count, by: 777) {
                try scanner.feed(Array(text[start..<min(text.count, start + 777)]))
            }
            let json = try scanner.finish()
            let long = try #require(scanner.sink.picture(json["face_images"]?[0] ?? .null))
            #expect(long.file?.size == bytes.count)
            #expect(try long.file?.sha256() == SHA256.hash(bytes).hex)
            #expect(folder.files().count == 1)
            #expect(scanner.sink.picture(json["face_images"]?[1] ?? .null)?.bytes == Array("short".utf8))
            #expect(json["prompt"] == "p")
        }
        #expect(folder.files().isEmpty)
    }

    @Test func `a text that can be no picture stays where it is, within a megabyte`() throws {
        let folder = try TemporaryFolder()
        func read(_ body: JSON) throws -> JSON {
            var scanner = JSONScanner(sink: PictureSink(maxBytes: 1 << 20, spool: folder.path))
            let text = body.serialized()
            for start in stride(from: 0, to: text.count, by: 65_536) {
                try scanner.feed(Array(text[start..<min(text.count, start + 65_536)]))
            }
            return try scanner.finish()
        }
        let long = String(repeating: "é", count: 1 << 19)
        let body: JSON = ["prompt": .string(long), "x": [["y": .string(long)]], "mode": "paint"]
        #expect(try read(body) == body)
        #expect(folder.files().isEmpty)
        for body in [["prompt": .string(long + "é")], ["x": .array(Array(repeating: .string(long), count: 9))]]
            as [JSON]
        {
            let error = #expect(throws: Unprocessable.self) { try read(body) }
            #expect(error?.faults.first?.loc.prefix(2).last == (body["x"] == nil ? "prompt" : "x"))
        }
    }

    @Test func `a long text among the extra parameters is a text again`() throws {
        let folder = try TemporaryFolder()
        let text = String(repeating: "no blur, ", count: 4000)
        var scanner = JSONScanner(sink: PictureSink(maxBytes: 1 << 20, spool: folder.path))
        try scanner.feed((["extra_params": ["negative_prompt": .string(text)]] as JSON).serialized())
        let value = try scanner.finish()["extra_params"]?["negative_prompt"] ?? .null
        #expect(value.string == nil)
        #expect(scanner.sink.text(value) == .string(text))
        #expect(scanner.sink.text("as it is") == "as it is")
    }
}

import Testing

@testable import HTTP

@Suite struct MultipartTests {
    private typealias Event = MultipartDecoder.Event

    private static let form = """
        ignored\r
        --xYz\r
        Content-Disposition: form-data; name="prompt"\r
        \r
        a cat\r
        on two lines\r
        --xYz \t\r
        content-disposition: form-data; name="image"; filename="a\\"b;c.png"\r
        Content-Type: Image/PNG; x=1\r
        \r
        \r
        --xY\r
        --xYz\r
        Content-Disposition: form-data; name=bare\r
        \r
        \r
        --xYz--\r
        ignored as well
        """

    /// What a form comes to, its pieces put together.
    private static func parts(
        _ text: String, boundary: String = "xYz", pieces size: Int = .max
    ) throws -> [(part: MultipartPart, content: String)] {
        var decoder = try #require(MultipartDecoder(contentType: "multipart/form-data; boundary=\(boundary)"))
        var parts: [(part: MultipartPart, content: [UInt8])] = []
        var open = false
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: min(size, bytes.count)) {
            for event in try decoder.feed(Array(bytes[start..<min(bytes.count, start + min(size, bytes.count))])) {
                switch event {
                case .begin(let part):
                    #expect(!open)
                    parts.append((part, []))
                    open = true
                case .bytes(let bytes): parts[parts.count - 1].content += bytes
                case .end: open = false
                }
            }
        }
        try decoder.finish()
        #expect(!open)
        return parts.map { ($0.part, String(decoding: $0.content, as: UTF8.self)) }
    }

    @Test(arguments: [1, 2, 3, 7, 64, 10_000]) func `a form cut anywhere gives the same parts`(_ size: Int) throws {
        let parts = try Self.parts(Self.form, pieces: size)
        #expect(
            parts.map(\.part) == [
                MultipartPart(name: "prompt"),
                MultipartPart(name: "image", filename: "a\"b;c.png", contentType: "image/png"),
                MultipartPart(name: "bare"),
            ])
        #expect(parts.map(\.content) == ["a cat\r\non two lines", "\r\n--xY", ""])
    }

    @Test func `a form may have no part at all`() throws { #expect(try Self.parts("--xYz--").isEmpty) }

    @Test func `a boundary may stand right after a head`() throws {
        let text = "--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n--xYz--"
        #expect(try Self.parts(text).map(\.content) == [""])
    }

    @Test(arguments: [
        ("--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ntext", "ends before its last boundary"),
        ("", "ends before its last boundary"),
        ("--xYz\r\nContent-Type: text/plain\r\n\r\ntext\r\n--xYz--", "has a part without a name"),
        ("--xYzoops\r\n", "has something after a boundary"),
        ("--xYz\r\nA: " + String(repeating: "b", count: 9000), "has a part with too long a head"),
    ])
    func `what is no form says why`(_ text: String, _ reason: String) throws {
        var decoder = try #require(MultipartDecoder(contentType: "multipart/form-data; boundary=\"xYz\""))
        let failure = #expect(throws: MultipartDecoder.Failure.self) {
            _ = try decoder.feed(Array(text.utf8))
            try decoder.finish()
        }
        #expect(failure?.reason == reason)
    }

    @Test func `parts are counted`() throws {
        var decoder = try #require(MultipartDecoder(contentType: "multipart/form-data; boundary=b", maxParts: 2))
        let part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
        _ = try decoder.feed(Array((part + part).utf8))
        #expect(throws: MultipartDecoder.Failure.self) { try decoder.feed(Array((part + "--b--").utf8)) }
    }

    @Test(arguments: [
        "application/json", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=a",
        "multipart/form-data; boundary=" + String(repeating: "a", count: 71),
    ])
    func `no other content type is a form`(_ type: String) { #expect(MultipartDecoder(contentType: type) == nil) }
}

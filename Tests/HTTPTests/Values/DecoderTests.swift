import Testing

@testable import HTTP

@Suite struct DecoderTests {
    private let pipelined =
        "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
        + "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello\r\n"
        + "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n00A\r\n, chunks\r\n\r\n0\r\nX-T: v\r\n\r\n"
        + "DELETE /d HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

    private let seen: [Seen] = [
        .head(method: "GET", path: "/a", framing: .none), .end,
        .head(method: "POST", path: "/b", framing: .length(5)), .body("hello"), .end,
        .head(method: "POST", path: "/c", framing: .chunked), .body("hello, chunks\r\n"), .end,
        .head(method: "DELETE", path: "/d", framing: .none), .end,
    ]

    @Test func `pipelined requests are told apart wherever the octets are cut`() throws {
        for pieces in cuts(pipelined) { #expect(try read(pieces) == seen) }
    }

    @Test func `what is left over goes to whoever takes over`() throws {
        var decoder = RequestDecoder(maxHeadBytes: 16_384, maxFields: 100)
        decoder.feed(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\nand more".utf8))
        _ = try decoder.next()
        _ = try decoder.next()
        #expect(decoder.takeRest() == Array("and more".utf8))
        #expect(decoder.takeRest() == [])
        #expect(!decoder.hasBegunHead)
    }

    @Test func `an endless pipeline is not kept`() throws {
        // Cut so that the octets never run out at the end of a request.
        let request = Array("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello".utf8)
        var decoder = RequestDecoder(maxHeadBytes: 16_384, maxFields: 100)
        decoder.feed(Array(request[..<10]))
        for _ in 0..<10_000 {
            decoder.feed(Array(request[10...] + request[..<10]))
            while try decoder.next() != nil {}
            guard decoder.bufferedBytes < 1000 else { return #expect(decoder.bufferedBytes < 1000) }
        }
    }

    @Test func `a connection that waits keeps nothing of the request before`() throws {
        var decoder = RequestDecoder(maxHeadBytes: 16_384, maxFields: 100)
        decoder.feed(
            Array("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n".utf8)
                + [UInt8](repeating: 1, count: 30_000))
        while try decoder.next() != nil {}
        #expect(decoder.bufferedBytes == 0)
    }

    @Test(arguments: [
        "\r\n", "g\r\n", "-1\r\n", "0x5\r\n", " 5\r\n", "5 \r\n", "5\n", "5\rx", ";a\r\n", "1\r\nab", "1\r\na\rb",
        "1\r\na\n",
        "1;a\u{0}\r\n", "1;a\n", "0\r\n\u{1}", "0\r\n\n", "0\r\n\rx", "0\r\na: b\rx", "0000000000000001\r\n",
        "FFFFFFFFFFFFFFFF\r\n",
    ]) func `a chunk refused`(text: String) {
        for pieces in cuts(text) {
            var decoder = ChunkedDecoder()
            var body: [UInt8] = []
            #expect(throws: HTTPViolation.self) { for piece in pieces { _ = try decoder.decode(piece, into: &body) } }
        }
    }

    @Test func `chunk extensions and trailers together have a bound`() throws {
        for text in ["1;", "0\r\nX: "] {
            var (decoder, body) = (ChunkedDecoder(), [UInt8]())
            _ = try decoder.decode(Array(text.utf8)[...], into: &body)
            #expect(throws: HTTPViolation(431, "chunk extensions or trailers too long")) {
                for _ in 0..<2 { _ = try decoder.decode([UInt8](repeating: 97, count: 10_000)[...], into: &body) }
            }
        }
        var (decoder, body) = (ChunkedDecoder(), [UInt8]())
        #expect(throws: HTTPViolation.self) {
            for _ in 0..<20_000 { _ = try decoder.decode(Array("1;a\r\nb\r\n".utf8)[...], into: &body) }
        }
    }

    @Test func `an end that is told stays the end`() throws {
        var (decoder, body) = (ChunkedDecoder(), [UInt8]())
        #expect(try decoder.decode(Array("2\r\nab\r\n0\r\n\r\nGET".utf8)[...], into: &body) == 12)
        #expect(decoder.isDone)
        #expect(try decoder.decode(Array("GET".utf8)[...], into: &body) == 0)
        #expect(body == Array("ab".utf8))
    }
}

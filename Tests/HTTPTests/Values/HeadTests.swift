import HTTPTypes
import Testing

@testable import HTTP

/// What is taken for a request, and what is refused before anybody looks at what it asks.
@Suite struct HeadTests {
    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://x/a?b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /?q=a|b HTTP/1.1\r\nHost:x:80\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]:80\r\nX-A:\t b \t\r\nX-Empty:\r\nX-Text: caf\u{E9}\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 007\r\n\r\n1234567",
        "PATCH / HTTP/1.1\r\nHost:\r\n\r\n",
    ]) func `taken`(text: String) { #expect(refusal(of: text) == nil) }

    @Test(arguments: [
        "Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 3", "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3, 3", "Content-Length: +3", "Content-Length: -3", "Content-Length: 0x3",
        "Content-Length: 3a", "Content-Length:", "Content-Length: 1 2", "Content-Length: 99999999999999999999",
        "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: identity", "Transfer-Encoding: xchunked", "Transfer-Encoding:",
        "Transfer-Encoding: chunked;a=b",
        "X-A: b\r\n folded", "X-A: b\r\n\tfolded", " X-First: folded", "X-A : blank before colon", "X-A\t: b",
        ": no name",
        "no colon", "X(A): b", "X-A: b\u{0}c", "X-A: b\u{7F}", "X-A: b\u{1B}[0m", "X-A: b\rc", "X-A: b\nX-B: c",
        "Host: y", "X-\u{E4}: b",
    ]) func `a field refused`(field: String) {
        let status = refusal(of: "POST / HTTP/1.1\r\nHost: x\r\n\(field)\r\n\r\n")
        #expect(status == 400 || (status == 501 && field.hasPrefix("Transfer-Encoding")))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501), ("get / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505), ("GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505),
        ("GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505), ("GET / http/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET / HTTP/1.1x\r\nHost: x\r\n\r\n", 400), ("GET / HTTP/11\r\nHost: x\r\n\r\n", 400),
        ("GET /\r\nHost: x\r\n\r\n", 400), ("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400),
        ("G@T / HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET /\u{1} HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /\u{E9} HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ]) func `a head refused`(text: String, status: Int) { #expect(refusal(of: text) == status) }

    @Test(arguments: [
        "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nHost: x\n", "GET / HTTP/1.1\rHost", "\n", "\u{16}\u{3}\u{1}",
        "GET /\r\n",
        "GET / HTTP/9.9\r\n", "\r\r", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
    ]) func `what can never become a head is refused before it ends`(text: String) { #expect(refusal(of: text) != nil) }

    @Test func `a head may have exactly so many bytes and fields`() throws {
        let text = "GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n\r\n"
        let all = [Array(text.utf8)[...]]
        #expect(try read(all, maxHeadBytes: text.utf8.count, maxFields: 2).count == 2)
        #expect(throws: HTTPViolation(431, "a head of over 34 bytes")) {
            try read(all, maxHeadBytes: text.utf8.count - 1)
        }
        #expect(throws: HTTPViolation(431, "more than 1 header fields")) { try read(all, maxFields: 1) }
    }

    @Test func `a head that never ends is refused once it is too long`() {
        let endless =
            [Array("GET / HTTP/1.1\r\nX-A: ".utf8)[...]]
            + Array(repeating: [UInt8](repeating: 97, count: 100)[...], count: 100)
        #expect(throws: HTTPViolation(431, "a head of over 1024 bytes")) { try read(endless, maxHeadBytes: 1024) }
        let line = [Array("GET /".utf8)[...]] + Array(repeating: [UInt8](repeating: 97, count: 100)[...], count: 100)
        #expect(throws: HTTPViolation(431, "a head of over 1024 bytes")) { try read(line, maxHeadBytes: 1024) }
    }

    @Test func `fields come as they were sent, without the blanks around them`() throws {
        let head = try head(
            "GET http://other:81/a%20b?c=d HTTP/1.1\r\nHost: x:80\r\nX-One: \t a  b \t\r\nx-one: c\r\nX-Empty:\r\n\r\n")
        #expect(head.request.path == "/a%20b?c=d")
        #expect(head.request.headerFields[values: HTTPField.Name("X-One")!] == ["a  b", "c"])
        #expect(head.request.headerFields[HTTPField.Name("x-empty")!] == "")
        #expect(!head.isHTTP10)
        #expect(head.framing == .none)
    }

    @Test func `absolute form without a path asks for the root`() throws {
        #expect(try head("GET http://x HTTP/1.1\r\nHost: x\r\n\r\n").request.path == "/")
        #expect(try head("GET HTTP://x?q HTTP/1.1\r\nHost: x\r\n\r\n").request.path == "/?q")
    }
}

import HTTPTypes
import JSONText
import Testing

@testable import HTTP

@Suite struct RulesTests {
    private func rules(_ fields: String, version: String = "1.1") throws -> ConnectionRules {
        try head("POST / HTTP/\(version)\r\nHost: x\r\n\(fields)\r\n").rules
    }

    @Test func `a request read whole keeps the connection unless somebody wants it closed`() throws {
        let read = { (rules: ConnectionRules) in
            rules.after(isBodyRead: true, continued: false, received: 0, isStopping: false)
        }
        #expect(read(try rules("")) == .keep)
        #expect(read(try rules("Connection: keep-alive, Close\r\n")) == .close)
        #expect(read(try rules("Connection: upgrade\r\nConnection: close\r\n")) == .close)
        #expect(read(try rules("", version: "1.0")) == .close)
        #expect(read(try rules("Connection: Keep-Alive\r\n", version: "1.0")) == .keep)
        #expect(try rules("").after(isBodyRead: true, continued: false, received: 0, isStopping: true) == .close)
    }

    @Test func `a body left unread is read over when it is short, else the connection closes with care`() throws {
        let left = { (rules: ConnectionRules, continued: Bool, received: Int) in
            rules.after(isBodyRead: false, continued: continued, received: received, isStopping: false)
        }
        #expect(left(try rules("Content-Length: 262144\r\n"), false, 0) == .drain)
        #expect(left(try rules("Content-Length: 262145\r\n"), false, 0) == .linger)
        #expect(left(try rules("Content-Length: 262145\r\n"), false, 1) == .drain)
        #expect(left(try rules("Content-Length: 1\r\nConnection: close\r\n"), false, 0) == .linger)
        #expect(left(try rules("Transfer-Encoding: chunked\r\n"), false, 0) == .linger)
        #expect(left(try rules("Content-Length: 1\r\nExpect: 100-continue\r\n"), false, 0) == .linger)
        #expect(left(try rules("Content-Length: 1\r\nExpect: 100-Continue\r\n"), true, 0) == .drain)
    }

    @Test func `an expectation of an HTTP 1.0 client does not count`() throws {
        #expect(try rules("Content-Length: 1\r\nExpect: 100-continue\r\n").expectsContinue)
        #expect(try !rules("Content-Length: 1\r\nExpect: 100-continue\r\n", version: "1.0").expectsContinue)
    }

    @Test func `patience with a body ends when it pauses, or comes too slowly on the average`() {
        var limits = ServerLimits()
        limits.bodyTime = .seconds(30)
        limits.bodyRate = 1000
        #expect(limits.patience(received: 0, elapsed: .zero) == .seconds(30))
        #expect(limits.patience(received: 0, elapsed: .seconds(20)) == .seconds(10))
        #expect(limits.patience(received: 0, elapsed: .seconds(31)) < .zero)
        #expect(limits.patience(received: 1_000_000, elapsed: .seconds(900)) == .seconds(30))
        #expect(limits.patience(received: 1_000_000, elapsed: .seconds(1031)) < .zero)
        limits.bodyRate = 0
        #expect(limits.patience(received: 1, elapsed: .zero) == .seconds(30))
    }

    @Test func `an answer is framed by its status, its body and who asked`() {
        let encoder = ResponseEncoder(isHead: false, isHTTP10: false)
        let old = ResponseEncoder(isHead: false, isHTTP10: true)
        let stream = Response(body: .stream(length: nil) { _ in })
        #expect(encoder.framing(of: Response(status: .noContent, body: .bytes([1]))) == .none)
        #expect(encoder.framing(of: Response(status: .notModified)) == .none)
        #expect(encoder.framing(of: Response()) == .length(0))
        #expect(encoder.framing(of: Response(body: .bytes([1, 2]))) == .length(2))
        #expect(encoder.framing(of: Response(body: .stream(length: 7) { _ in })) == .length(7))
        #expect(encoder.framing(of: stream) == .chunked)
        #expect(old.framing(of: stream) == .untilClose)
        #expect(!ResponseEncoder(isHead: true, isHTTP10: false).sendsBody(.length(5)))
    }

    @Test func `a head says what was asked of it and what only the server knows`() {
        let response = Response(
            headers: [
                .contentType: "a/b", .contentLength: "99", .transferEncoding: "gzip", .connection: "x", .date: "never",
            ])
        let head = ResponseEncoder(isHead: false, isHTTP10: false)
            .head(response, framing: .length(3), closes: true, date: "today")
        #expect(
            String(decoding: head, as: UTF8.self)
                == "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Type: a/b\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
        )
        let old = ResponseEncoder(isHead: false, isHTTP10: true)
            .head(Response(status: .noContent), framing: .none, closes: false, date: "today")
        #expect(
            String(decoding: old, as: UTF8.self)
                == "HTTP/1.1 204 No Content\r\nDate: today\r\nConnection: keep-alive\r\n\r\n")
    }

    @Test func `no value of a handler can begin another line`() {
        let evil = "a\r\nSet-Cookie: b\r\n\r\nbody\0"
        var problem = HTTPProblem(.badRequest, "x", headers: [.location: evil])
        problem.headers[.allow] = evil
        var response = problem.response
        response.status = HTTPResponse.Status(code: 299, reasonPhrase: evil)
        response.headers.append(HTTPField(name: .server, value: evil))
        let head = ResponseEncoder(isHead: false, isHTTP10: false)
            .head(response, framing: .none, closes: false, date: "today")
        let text = String(decoding: head, as: UTF8.self)
        #expect(text.split(separator: "\r\n").allSatisfy { !$0.hasPrefix("Set-Cookie") && !$0.hasPrefix("body") })
        #expect(!head.contains(0) && text.hasSuffix("\r\n\r\n"))
        #expect(head.indices.allSatisfy { head[$0] != 10 || head[$0 - 1] == 13 })
    }

    @Test func `a chunk has its size in hexadecimal`() {
        #expect(
            ResponseEncoder.chunk([UInt8](repeating: 97, count: 26)) == Array("1a\r\n".utf8)
                + [UInt8](repeating: 97, count: 26) + [13, 10])
    }
}

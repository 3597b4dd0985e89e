import HTTPTypes
import JSONText
import Testing

@testable import HTTP

@Suite struct MessageTests {
    @Test(arguments: [
        ("/", "/", [""]), ("/a/b", "/a/b", ["a", "b"]), ("/a%20b/c+d?x", "/a b/c+d", ["a b", "c+d"]),
        ("/a%2Fb", "/a/b", ["a/b"]), ("/a//b/", "/a//b/", ["a", "", "b", ""]), ("/%E2%82%ac", "/€", ["€"]),
    ]) func `a path is decoded segment by segment`(target: String, path: String, segments: [String]) throws {
        let target = try RequestTarget(target)
        #expect(target.path == path)
        #expect(target.segments == segments)
    }

    @Test func `a query comes in order, decoded`() throws {
        let query = try RequestTarget("/?a=1&b=x+y%26z&&c&=d&a=2=3?").query
        #expect(query.map(\.name) == ["a", "b", "c", "", "a"])
        #expect(query.map(\.value) == ["1", "x y&z", "", "d", "2=3?"])
        #expect(try RequestTarget("/a?").query.isEmpty)
    }

    @Test(arguments: ["/%", "/%2", "/%zz", "/a%00", "/%ff", "/%C0%AF", "/?a=%", "/?%g1=b", "/?a=%fe", "/%+1"])
    func `percent-encoding that is none is refused`(target: String) {
        #expect(throws: HTTPViolation.self) { try RequestTarget(target) }
    }

    @Test(arguments: [
        ("/a/b", "/a/b", true), ("/a/b", "/a/c", false), ("/a/b", "/a", false), ("/a", "/a/", false), ("/", "/", true),
        ("/a/{x}", "/a/", false), ("/a/{x}", "/a/b/c", false), ("/f/{p...}", "/f", false), ("/f/{p...}", "/f/", false),
    ]) func `a pattern matches whole segments`(pattern: String, path: String, matches: Bool) throws {
        #expect((RoutePattern(pattern).match(try RequestTarget(path).segments) != nil) == matches)
    }

    @Test func `a pattern gives its places their values`() throws {
        let match = { RoutePattern($0).match(try RequestTarget($1).segments) }
        #expect(try match("/a/{x}/{y}", "/a/1%2F2/3") == ["x": "1/2", "y": "3"])
        #expect(try match("/f/{p...}", "/f/a/b") == ["p": "a/b"])
        #expect(RoutePattern("/a/b").isPlain && !RoutePattern("/a/{b}").isPlain)
    }

    @Test(arguments: [
        (ServerSentEvent(data: "a"), "data: a\n\n"),
        (ServerSentEvent("n", data: "", id: "7"), "id: 7\nevent: n\ndata: \n\n"),
        (ServerSentEvent(data: "a\nb\n"), "data: a\ndata: b\ndata: \n\n"),
        (ServerSentEvent(data: "a\r\nb\rc"), "data: a\ndata: b\ndata: c\n\n"),
        (
            ServerSentEvent("n\r\ndata: x", data: "a", id: "1\nevent: y\0"),
            "id: 1event: y\nevent: ndata: x\ndata: a\n\n"
        ),
    ]) func `an event is written line by line`(event: ServerSentEvent, text: String) {
        #expect(String(decoding: event.bytes, as: UTF8.self) == text)
    }

    @Test func `a problem is answered as RFC 9457 says, with its own members`() throws {
        let problem = HTTPProblem(.conflict, "why", code: 12, headers: [.retryAfter: "3"], extra: ["version": "2"])
        guard case .bytes(let body) = problem.response.body else { return #expect(Bool(false)) }
        #expect(problem.response.headers[.contentType] == "application/problem+json")
        #expect(problem.response.headers[.retryAfter] == "3")
        let expected: JSON = [
            "type": "about:blank", "title": "Conflict", "status": 409, "detail": "why", "code": 12, "version": "2",
        ]
        #expect(try JSON(parsing: body) == expected)
    }

    @Test func `a date is written as HTTP writes it`() {
        #expect(HTTPDate.text(secondsSince1970: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}

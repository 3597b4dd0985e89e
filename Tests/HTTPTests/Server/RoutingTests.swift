import HTTP
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct RoutingTests {
    init() { startLoop() }

    struct Secret: Error { let path = "/etc/secret" }

    @LoopActor private func routes(_ router: Router) {
        router.use(RequestIDMiddleware())
        router.use(CORSMiddleware(origins: ["https://app.example"]))
        router.on(.get, "/tasks/{id}") { .text("task \($0.parameters["id"] ?? "?")") }
        router.on(.put, "/tasks/{id}") { _ in .text("put") }
        router.on(.get, "/tasks/new") { _ in .text("plain") }
        router.on(.get, "/files/{path...}") { .text($0.parameters["path"] ?? "?") }
        router.on(.get, "/query") { .text($0.query("a") ?? "none") }
        router.on(.get, "/a/b") { _ in .text("plain") }
        router.on(.get, "/problem") { _ in throw HTTPProblem(.conflict, "not now", code: 7, extra: ["version": "2"]) }
        router.on(.get, "/secret") { _ in throw Secret() }
    }

    @LoopActor private func ask(_ method: String, _ target: String, _ fields: String = "") async throws -> RawAnswer {
        try await withServer(routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("\(method) \(target) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
            return try #require(try await peer.answer(toHead: method == "HEAD"))
        }
    }

    @Test(arguments: [
        ("/tasks/7", 200, "task 7"), ("/tasks/a%2Fb", 200, "task a/b"), ("/tasks/new", 200, "plain"),
        ("/files/a/b.png", 200, "a/b.png"), ("/query?b=1&a=x+y", 200, "x y"), ("http://x/tasks/8", 200, "task 8"),
        ("/a/b", 200, "plain"),
    ]) @LoopActor func `a path finds its handler`(target: String, status: Int, text: String) async throws {
        let answer = try await ask("GET", target)
        #expect(answer.status == status && answer.text == text)
    }

    @Test(arguments: ["/", "/task", "/tasks/", "/tasks/7/8", "/files", "/a%2Fb", "/a/b/"])
    @LoopActor func `other paths find nothing`(target: String) async throws {
        let answer = try await ask("GET", target)
        #expect(answer.status == 404 && answer.header("Content-Type") == "application/problem+json")
    }

    @Test @LoopActor func `another method is told which are possible`() async throws {
        let answer = try await ask("DELETE", "/tasks/7")
        #expect(answer.status == 405 && answer.header("Allow") == "GET, HEAD, OPTIONS, PUT")
        #expect(try await ask("PUT", "/tasks/new").text == "put")
        let options = try await ask("OPTIONS", "/tasks/7")
        #expect(options.status == 204 && options.header("Allow") == "GET, HEAD, OPTIONS, PUT")
        let all = try await ask("OPTIONS", "*")
        #expect(all.status == 204 && all.header("Allow") == "GET, HEAD, OPTIONS, PUT")
        #expect(try await ask("HEAD", "/tasks/7").header("Content-Length") == "6")
    }

    @Test @LoopActor func `a problem is told, an unknown error says nothing of the inside`() async throws {
        let problem = try await ask("GET", "/problem")
        #expect(problem.status == 409 && problem.header("X-Request-ID") != nil)
        let body = try JSON(parsing: problem.body)
        #expect(body["code"] == 7 && body["version"] == "2" && body["detail"] == "not now")
        let secret = try await ask("GET", "/secret")
        #expect(secret.status == 500 && !secret.text.contains("etc") && !secret.text.contains("Secret"))
    }

    @Test @LoopActor func `invalid percent-encoding is refused`() async throws {
        #expect(try await ask("GET", "/tasks/%zz").status == 400)
        #expect(try await ask("GET", "/tasks/%00").status == 400)
    }

    @Test @LoopActor func `a request id is kept when it is a plain one`() async throws {
        #expect(try await ask("GET", "/a/b", "X-Request-ID: one.2:3\r\n").header("X-Request-ID") == "one.2:3")
        let made = try await ask("GET", "/a/b", "X-Request-ID: no good\r\n").header("X-Request-ID")
        #expect(made?.count == 16)
        #expect(try await ask("GET", "/a/b").header("X-Request-ID") != made)
    }

    @Test @LoopActor func `pages of an allowed origin may read answers, errors too`() async throws {
        for target in ["/a/b", "/problem", "/secret", "/nothing"] {
            let answer = try await ask("GET", target, "Origin: https://app.example\r\n")
            #expect(answer.header("Access-Control-Allow-Origin") == "https://app.example")
            #expect(answer.header("Vary") == "Origin")
        }
        #expect(
            try await ask("GET", "/a/b", "Origin: https://evil.example\r\n").header("Access-Control-Allow-Origin")
                == nil)
        let preflight = try await ask(
            "OPTIONS", "/tasks/7",
            "Origin: https://app.example\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a\r\n"
        )
        #expect(preflight.status == 204 && preflight.header("Access-Control-Allow-Methods")?.contains("PUT") == true)
        #expect(preflight.header("Access-Control-Allow-Headers") == "x-a")
        #expect(preflight.header("Access-Control-Max-Age") == "600")
        let vary = preflight.lines.filter { $0.hasPrefix("Vary:") }.joined(separator: ",")
        #expect(vary.contains("Origin") && vary.contains("Access-Control-Request-Headers"))
    }

    @Test @LoopActor func `middleware sees the request first and the answer last, in the order of its adding`()
        async throws
    {
        var records: [AccessRecord] = []
        let text = try await exchange("GET /secret HTTP/1.1\r\nHost: x\r\nX-Request-ID: r\r\nConnection: close\r\n\r\n")
        { router in
            router.use(RequestIDMiddleware())
            router.use(AccessLogMiddleware { records.append($0) })
            router.on(.get, "/secret") { _ in throw Secret() }
        }
        #expect(text.hasPrefix("HTTP/1.1 500 ") && text.contains("X-Request-ID: r\r\n"))
        #expect(records.count == 1)
        #expect(
            records.first?.status == 500 && records.first?.requestID == "r"
                && records.first?.remoteAddress == "127.0.0.1")
    }

    /// Notes what passes it; on some paths it answers, or throws.
    private struct Trace: Middleware {
        let name: String
        let note: @LoopActor @Sendable (String) -> Void

        func receive(_ request: inout Request) throws -> Response? {
            note("\(name) in")
            if request.path == "/\(name)/answers" { return .text(name) }
            if request.path == "/\(name)/throws" { throw HTTPProblem(.conflict, "No.") }
            request.id += name
            return nil
        }

        func reply(_ response: inout Response, to request: Request) {
            note("\(name) out \(response.status.code) \(request.id)")
        }
    }

    @Test(arguments: [
        ("/quick", "200", "a in, b in, b out 200 ab, a out 200 ab"),
        ("/slow", "200", "a in, b in, b out 200 ab, a out 200 ab"),
        ("/broken", "500", "a in, b in, b out 500 ab, a out 500 ab"),
        ("/none", "404", "a in, b in, b out 404 ab, a out 404 ab"),
        ("/a/answers", "200", "a in, a out 200 "),
        ("/b/answers", "200", "a in, b in, b out 200 a, a out 200 a"),
        ("/b/throws", "409", "a in, b in, b out 409 a, a out 409 a"),
    ])
    @LoopActor func `every middleware that was asked sees the answer, whoever has made it`(
        path: String, status: String, passages: String
    ) async throws {
        var notes: [String] = []
        let text = try await exchange("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") { router in
            for name in ["a", "b"] { router.use(Trace(name: name) { notes.append($0) }) }
            router.quickly(.get, "/quick") { _ in .text("quick") }
            router.quickly(.get, "/broken") { _ in throw Secret() }
            router.on(.get, "/slow") { _ in
                await Task.yield()
                return .text("slow")
            }
        }
        #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        #expect(notes.joined(separator: ", ") == passages)
    }
}

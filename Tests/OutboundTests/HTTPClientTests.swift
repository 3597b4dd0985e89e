import HTTPTypes
import Loop
import Outbound
import TestSupport
import Testing

@Suite struct HTTPClientTests {
    init() { startLoop() }

    @LoopActor @Test func `a request arrives as it was made, and the answer comes back`() async throws {
        let peer = try Peer { try await $0.serve { head in head } }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        var request = ClientRequest(url: peer.url("/a%20b?c=d"))
        request.headers[.accept] = "application/json"
        request.headers[HTTPField.Name("X-Empty")!] = ""
        let answer = try await client.send(request)
        let head = String(decoding: try await answer.collect(), as: UTF8.self)
        #expect(answer.status == 200)
        #expect(head.hasPrefix("GET /a%20b?c=d HTTP/1.1\r\n"))
        #expect(head.contains("Host: 127.0.0.1:\(peer.port)\r\n"))
        #expect(head.contains("Accept: application/json\r\n"))
        #expect(head.contains("X-Empty:\r\n"))
        #expect(head.contains("User-Agent: Easel\r\n"))
        #expect(!head.contains("Expect"))
        #expect(!head.contains("Accept-Encoding"))
    }

    @LoopActor @Test func `a connection is used again`() async throws {
        let peer = try Peer { connection in try await connection.serve { _ in "\(connection.number)" } }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        for _ in 0..<3 {
            let answer = try await client.send(ClientRequest(url: peer.url()))
            #expect(try await answer.collect() == Array("0".utf8))
        }
        #expect(peer.connections.count == 1)
    }

    @LoopActor @Test func `a hundred requests at once each get their own answer`() async throws {
        let peer = try Peer { try await $0.serve { head in String(head.prefix { !$0.isNewline }) } }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let tasks = (0..<100).map { number in
            let url = peer.url("/\(number)")
            return Task { @LoopActor in try await client.send(ClientRequest(url: url)).collect() }
        }
        for (number, task) in tasks.enumerated() {
            #expect(try await task.value == Array("GET /\(number) HTTP/1.1".utf8))
        }
    }

    @LoopActor @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func `a body of bytes is sent with its length`(method: String) async throws {
        let peer = try Peer { connection in
            let head = try await connection.head() ?? ""
            let body = try await connection.bytes(5)
            try await connection.answer(head + String(decoding: body, as: UTF8.self))
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let request = ClientRequest(
            method: HTTPRequest.Method(method)!, url: peer.url(), headers: [.contentLength: "7"],
            body: .bytes(Array("hello".utf8)))
        let echo = String(decoding: try await client.send(request).collect(), as: UTF8.self)
        #expect(echo.hasPrefix("\(method) / HTTP/1.1\r\n"))
        #expect(echo.contains("Content-Length: 5\r\n") && !echo.contains("Content-Length: 7"))
        #expect(echo.hasSuffix("\r\n\r\nhello"))
    }

    @LoopActor @Test func `a POST without a body says so`() async throws {
        let peer = try Peer { try await $0.serve { head in head } }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let answer = try await client.send(ClientRequest(method: .post, url: peer.url()))
        #expect(String(decoding: try await answer.collect(), as: UTF8.self).contains("Content-Length: 0\r\n"))
    }

    @LoopActor
    @Test(arguments: [
        ("GET", "204 No Content", ""), ("GET", "304 Not Modified", "Content-Length: 9\r\n"),
        ("HEAD", "200 OK", "Content-Length: 9\r\n"),
    ])
    func `an answer that is only a head has an empty body`(method: String, status: String, field: String) async throws {
        let peer = try Peer { connection in
            while try await connection.head() != nil { try await connection.send("HTTP/1.1 \(status)\r\n\(field)\r\n") }
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        for _ in 0..<2 {
            let request = ClientRequest(method: HTTPRequest.Method(method)!, url: peer.url())
            let answer = try await client.send(request)
            #expect("\(answer.status)" == status.prefix(3))
            #expect(try await answer.collect(upTo: 0).isEmpty)
        }
        #expect(peer.connections.count == 1)
    }

    @LoopActor @Test func `interim answers are skipped`() async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
            try await connection.answer("done", status: "201 Created")
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let answer = try await client.send(ClientRequest(url: peer.url()))
        #expect(answer.status == 201)
        #expect(answer.headers[HTTPField.Name("Link")!] == nil)
        #expect(try await answer.collect() == Array("done".utf8))
    }

    @LoopActor @Test func `a redirect is an answer, unless it is to be followed`() async throws {
        let peer = try Peer { connection in
            while let head = try await connection.head() {
                if head.hasPrefix("GET /old") {
                    try await connection.send("HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 4\r\n\r\ngone")
                } else {
                    try await connection.answer("here")
                }
            }
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let plain = try await client.send(ClientRequest(url: peer.url("/old")))
        #expect(plain.status == 302 && plain.headers[.location] == "/new")
        #expect(try await plain.collect() == Array("gone".utf8))
        let followed = try await client.send(ClientRequest(url: peer.url("/old"), followRedirects: 1))
        #expect(followed.status == 200)
        #expect(try await followed.collect() == Array("here".utf8))
    }

    @LoopActor @Test func `a name is tried at each of its addresses`() async throws {
        // localhost is ::1 first, where this peer does not listen.
        let peer = try Peer(host: "127.0.0.1") { try await $0.serve { _ in "found" } }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let answer = try await client.send(ClientRequest(url: peer.url(host: "localhost")))
        #expect(try await answer.collect() == Array("found".utf8))
    }

    @Test func `nothing is left open after close`() async {
        await #expect(processExitsWith: .success) {
            startLoop()
            try await leaveNothingOpen()
        }
    }
}

/// Runs in a process of its own, where nothing else opens handles.
@LoopActor
private func leaveNothingOpen() async throws {
    try await sleep(for: .milliseconds(1))  // whose timer is still closing, here as at the end
    let before = EventLoop.shared.handleCount
    let arrived = LoopEvent()
    let peer = try Peer { connection in
        while let head = try await connection.head() {
            if head.hasPrefix("GET /hang") {
                arrived.signal()
                return try await connection.drain()
            }
            try await connection.answer("done")
        }
    }
    let client = HTTPClient()
    for _ in 0..<3 { _ = try await client.send(ClientRequest(url: peer.url())).collect() }
    _ = try? await client.send(ClientRequest(url: "http://127.0.0.1:1/"))
    let url = peer.url("/hang")
    let hanging = Task { @LoopActor in _ = try await client.send(ClientRequest(url: url)) }
    try await arrived.wait()
    client.close()
    let result = await hanging.result
    guard case .failure(let error as TransportError) = result, error.kind == .interrupted else {
        fatalError("the hanging request ended otherwise: \(result)")
    }
    peer.close()
    try await until { EventLoop.shared.handleCount <= before }
}

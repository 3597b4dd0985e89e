import HTTPTypes
import Loop
import Outbound
import TestSupport
import Testing

@Suite struct FailureTests {
    init() { startLoop() }

    @LoopActor
    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nzz\r\n",
    ])
    func `a body that breaks off is an error after what came of it`(bytes: String) async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send(bytes)
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let answer = try await client.send(ClientRequest(url: peer.url()))
        var body: [UInt8] = []
        let error = await #expect(throws: TransportError.self) {
            while let piece = try await answer.next() { body += piece }
        }
        #expect(error?.kind == .interrupted)
        #expect(error?.message.contains("127.0.0.1:\(peer.port)") == true)
        #expect(body == Array("short".utf8))
        await #expect(throws: TransportError.self) { try await answer.next() }
    }

    @LoopActor @Test(arguments: ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-"])
    func `a head that breaks off is an error`(bytes: String) async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send(bytes)
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let error = await #expect(throws: TransportError.self) { try await client.send(ClientRequest(url: peer.url())) }
        #expect(error?.kind == .interrupted || error?.kind == .other)
    }

    /// libcurl 7.88 leaves a buffer in the handle of a request that found no address.
    @LoopActor @Test func `a request that failed leaves nothing behind for the next`() async throws {
        let peer = try Peer { try await $0.serve { _ in "hello" } }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        // Its first part is too long for a name, so that no name server is asked.
        let nowhere = "http://\(String(repeating: "a", count: 64)).invalid/"
        for _ in 0..<3 {
            let error = await #expect(throws: TransportError.self) {
                try await client.send(ClientRequest(url: nowhere))
            }
            #expect(error?.kind == .cannotConnect)
            let answer = try await client.send(ClientRequest(url: peer.url()))
            #expect(try await answer.collect() == Array("hello".utf8))
        }
    }

    @LoopActor @Test func `something that is not HTTP is an error`() async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send("SSH-2.0-OpenSSH_9.2\r\n")
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let error = await #expect(throws: TransportError.self) { try await client.send(ClientRequest(url: peer.url())) }
        #expect(error?.kind == .other)
    }

    @LoopActor @Test func `a reset is an error`() async throws {
        let peer = try Peer { connection in
            // Closing with unread bytes in the kernel resets.
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
            try await sleep(for: .milliseconds(20))
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let request = ClientRequest(method: .post, url: peer.url(), body: .bytes(.init(repeating: 0, count: 100_000)))
        let error = await #expect(throws: TransportError.self) { try await client.send(request).collect() }
        #expect(error?.kind == .interrupted)
    }

    @LoopActor @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"])
    func `a peer that hangs is given up, and sees the close`(bytes: String) async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send(bytes)
            try await connection.drain()
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let timeouts = ClientRequest.Timeouts(idle: .milliseconds(100))
        let error = await #expect(throws: TransportError.self) {
            try await client.send(ClientRequest(url: peer.url(), timeouts: timeouts)).collect()
        }
        #expect(error?.kind == .timeout)
        #expect(error?.message == "nothing moved between us and 127.0.0.1:\(peer.port) for 0.1 s")
        // So short a limit can be over before the connection was taken.
        try await peer.connections.first?.gone.wait()
    }

    @LoopActor @Test func `a peer that keeps sending is given up at the total limit only`() async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while true {
                try await connection.send("1\r\nx\r\n")
                try await sleep(for: .milliseconds(5))
            }
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let timeouts = ClientRequest.Timeouts(total: .milliseconds(300))
        let error = await #expect(throws: TransportError.self) {
            try await client.send(ClientRequest(url: peer.url(), timeouts: timeouts)).collect()
        }
        #expect(error?.message == "127.0.0.1:\(peer.port) was not done within 0.3 s")
    }

    @LoopActor @Test func `a refused connection is named without query and credentials`() async throws {
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        let port = listener.port
        listener.close()
        let client = HTTPClient()
        defer { client.close() }
        let error = await #expect(throws: TransportError.self) {
            try await client.send(ClientRequest(url: "http://user:secret@127.0.0.1:\(port)/x?token=abc"))
        }
        #expect(error == TransportError(.cannotConnect, "cannot connect to 127.0.0.1:\(port): Connection refused"))
    }

    @LoopActor
    @Test(arguments: ["", "nonsense", "ftp://host/", "http://", "http://a b/", "http://h:99999/", "file:///x"])
    func `what is no URL is refused`(url: String) async throws {
        let client = HTTPClient()
        defer { client.close() }
        let error = await #expect(throws: TransportError.self) { try await client.send(ClientRequest(url: url)) }
        #expect(error?.kind == .badURL)
    }

    @LoopActor @Test func `an answer over the limit is refused`() async throws {
        let peer = try Peer { connection in
            while let head = try await connection.head() {
                if head.hasPrefix("GET /known") { try await connection.answer("123456") }
                try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n")
                try await connection.drain()
            }
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        for path in ["/known", "/unknown"] {
            let answer = try await client.send(ClientRequest(url: peer.url(path), maxBodyBytes: 5))
            let error = await #expect(throws: TransportError.self) { try await answer.collect() }
            #expect(error?.kind == .tooLarge)
        }
    }

    @LoopActor @Test func `a head over the limit is refused`() async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send("HTTP/1.1 200 OK\r\n")
            while true { try await connection.send("X-Fill: \(String(repeating: "x", count: 1000))\r\n") }
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let error = await #expect(throws: TransportError.self) { try await client.send(ClientRequest(url: peer.url())) }
        #expect(error?.kind == .tooLarge)
    }

    @LoopActor @Test func `cancelling before the head closes the connection`() async throws {
        let arrived = LoopEvent()
        let peer = try Peer { connection in
            _ = try await connection.head()
            arrived.signal()
            try await connection.drain()
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let url = peer.url()
        let task = Task { @LoopActor in try await client.send(ClientRequest(url: url)).status }
        try await arrived.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await peer.connections[0].gone.wait()
    }

    @LoopActor @Test func `dropping an answer closes the connection`() async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
            try await connection.drain()
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        #expect(try await client.send(ClientRequest(url: peer.url())).status == 200)
        try await peer.connections[0].gone.wait()
    }

    @LoopActor @Test func `a kept connection that dies under a GET is replaced`() async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.answer("\(connection.number)")
            if connection.number == 0 { _ = try await connection.head() }
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        for expected in ["0", "1"] {
            let answer = try await client.send(ClientRequest(url: peer.url()))
            #expect(try await answer.collect() == Array(expected.utf8))
        }
    }

    @LoopActor @Test(arguments: [ClientRequest.Body.none, .bytes([]), .bytes(Array("graph".utf8))])
    func `a POST whose answer was lost is not repeated`(body: ClientRequest.Body) async throws {
        var posts = 0
        let peer = try Peer { connection in
            while let head = try await connection.head() {
                if head.hasPrefix("POST") {
                    posts += 1
                    if head.contains("Content-Length: 5") { _ = try await connection.bytes(5) }
                    return
                }
                try await connection.answer("")
            }
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        _ = try await client.send(ClientRequest(url: peer.url())).collect()
        let error = await #expect(throws: TransportError.self) {
            try await client.send(ClientRequest(method: .post, url: peer.url(), body: body))
        }
        #expect(error?.kind == .interrupted)
        #expect(posts == 1)
    }

    @LoopActor @Test func `a closed client refuses and ends what is under way`() async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            try await connection.drain()
        }
        defer { peer.close() }
        let client = HTTPClient()
        let answer = try await client.send(ClientRequest(url: peer.url()))
        client.close()
        client.close()
        await #expect(throws: TransportError(.interrupted, "the HTTP client was closed")) { try await answer.next() }
        await #expect(throws: TransportError.self) { try await client.send(ClientRequest(url: peer.url())) }
        try await peer.connections[0].gone.wait()
    }
}

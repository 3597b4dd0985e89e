import HTTP
import HTTPTypes
import Loop
import TestSupport
import Testing

/// Bodies on their way in: limits, `Expect: 100-continue`, broken framing.
@Suite(.timeLimit(.minutes(2))) struct BodyTests {
    init() { startLoop() }

    @LoopActor private func routes(_ router: Router) {
        router.on(.post, "/echo", bodyLimit: 10) { Response(body: .bytes(try await $0.body.collect())) }
        router.on(.post, "/some", bodyLimit: 10_000_000) { .text("\(try await $0.body.collect(upTo: 5).count)") }
        router.on(.post, "/blind") { _ in .text("not read") }
        router.on(.post, "/reflect", bodyLimit: 100_000_000) { request in
            Response(
                body: .stream(length: nil) { body in
                    while let bytes = try await request.body.next() { try await body.write(bytes) }
                })
        }
    }

    private func post(_ path: String, _ fields: String, _ body: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n\(body)"
    }

    @Test @LoopActor func `a body over its route's limit is refused before it is sent`() async throws {
        var limits = ServerLimits.default
        limits.lingerTime = .seconds(600)
        try await withServer(limits: limits, routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send(post("/echo", "Content-Length: 11"))
            let refused = try await peer.answer()
            #expect(refused?.status == 413 && refused?.header("Content-Type") == "application/problem+json")
            // Short enough to be read over: the connection goes on.
            try await peer.send("elevenbytes" + post("/echo", "Content-Length: 10", "ten bytes!"))
            #expect(try await peer.answer()?.text == "ten bytes!")
            try await peer.send(post("/some", "Content-Length: 6", "123456"))
            #expect(try await peer.answer()?.status == 413)
            try await peer.send(post("/echo", "Content-Length: 900000000000"))
            let closing = try await peer.answer()
            #expect(closing?.status == 413 && closing?.closes == true)
            #expect(try await peer.rest() == "")
        }
    }

    @Test @LoopActor func `a chunked body is refused once it is over`() async throws {
        let text = try await exchange(
            post("/echo", "Transfer-Encoding: chunked", "6\r\nabcdef\r\n5\r\nghijk\r\n0\r\n\r\n"), routes)
        #expect(text.hasPrefix("HTTP/1.1 413 ") && text.contains("Connection: close"))
    }

    @Test @LoopActor func `a client that sends on reads the refusal all the same`() async throws {
        try await withServer(routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send(post("/echo", "Content-Length: 4000000"))
            for _ in 0..<40 { try await peer.send([UInt8](repeating: 7, count: 100_000)) }
            #expect(try await peer.answer()?.status == 413)
            #expect(try await peer.rest() == "")
        }
    }

    @Test @LoopActor func `a client that waits for its word is told to go on when the body is wanted`() async throws {
        try await withServer(routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send(post("/echo", "Content-Length: 5\r\nExpect: 100-continue"))
            #expect(try await peer.answer()?.statusLine == "HTTP/1.1 100 Continue")
            try await peer.send("hello")
            let answer = try await peer.answer()
            #expect(answer?.text == "hello" && answer?.closes == false)
            try await peer.send(post("/blind", "Content-Length: 5\r\nExpect: 100-continue"))
            let blind = try await peer.answer()
            #expect(blind?.text == "not read" && blind?.closes == true)
            #expect(try await peer.rest() == "")
        }
    }

    @Test @LoopActor func `once the answer has begun there is no word to go on`() async throws {
        try await withServer(routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send(post("/reflect", "Content-Length: 5\r\nExpect: 100-continue"))
            #expect(try await peer.line() == "HTTP/1.1 200 OK")
            while try await peer.line()?.isEmpty == false {}
            try await peer.send("hello")
            var got: [UInt8] = []
            #expect(try await peer.chunks { got += $0 })
            #expect(got == Array("hello".utf8))
        }
    }

    @Test @LoopActor func `other expectations cannot be met`() async throws {
        let text = try await exchange(post("/echo", "Content-Length: 0\r\nConnection: close\r\nExpect: a-pony"), routes)
        #expect(text.hasPrefix("HTTP/1.1 417 "))
    }

    @Test @LoopActor func `a body that breaks its framing is refused and the connection closed`() async throws {
        let chunked = try await exchange(post("/echo", "Transfer-Encoding: chunked", "3\r\nabcd\r\n0\r\n\r\n"), routes)
        #expect(chunked.hasPrefix("HTTP/1.1 400 ") && chunked.contains("Connection: close"))
        try await withServer(routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send(post("/echo", "Content-Length: 5", "abc"))
            peer.finishWriting()
            let answer = try await peer.answer()
            #expect(answer?.status == 400 && answer?.closes == true)
        }
    }

    @Test @LoopActor func `a body that breaks when half of the answer is out cuts the answer`() async throws {
        let text = try await exchange(
            post("/reflect", "Transfer-Encoding: chunked", "3\r\nabc\r\nbroken"), routes)
        #expect(text.hasPrefix("HTTP/1.1 200 OK") && !text.contains("HTTP/1.1 400") && !text.hasSuffix("0\r\n\r\n"))
    }

    @Test @LoopActor func `megabytes stream through both ways`() async throws {
        try await withServer(routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            let piece = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            let sending = Task { @LoopActor in
                try await peer.send("POST /reflect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<100 {
                    try await peer.send("186a0\r\n")
                    try await peer.send(piece)
                    try await peer.send("\r\n")
                }
                try await peer.send("0\r\n\r\n")
            }
            while try await peer.line()?.isEmpty == false {}
            var (count, isSame) = (0, true)
            #expect(
                try await peer.chunks { chunk in
                    isSame =
                        isSame && chunk.first == piece[count % 100_000]
                        && chunk.last == piece[(count + chunk.count - 1) % 100_000]
                    count += chunk.count
                })
            try await sending.value
            #expect(count == 10_000_000 && isSame)
        }
    }
}

import HTTP
import HTTPTypes
import Loop
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct KeepAliveTests {
    init() { startLoop() }

    @LoopActor private func routes(_ router: Router) {
        router.on(.get, "/hello/{name}") { .text("hello \($0.parameters["name"] ?? "?")") }
        router.on(.post, "/echo") { Response(body: .bytes(try await $0.body.collect())) }
        router.on(.post, "/blind") { _ in .text("not read") }
        router.on(.post, "/exact") { request in
            var left = request.body.length ?? 0
            while left > 0, let bytes = try await request.body.next() { left -= bytes.count }
            return .text("all")
        }
        router.on(.delete, "/gone") { _ in Response(status: .noContent) }
        router.on(.get, "/same") { _ in Response(status: .notModified, headers: [.eTag: "\"a\""]) }
        router.on(.get, "/stream") { _ in
            Response(
                body: .stream(length: nil) { body in
                    for word in ["a", "", "bc"] { try await body.write(Array(word.utf8)) }
                })
        }
    }

    @Test @LoopActor func `one connection serves many requests, each framed by itself`() async throws {
        try await withServer(routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            for round in 0..<3 {
                try await peer.send("GET /hello/\(round) HTTP/1.1\r\nHost: x\r\n\r\n")
                let hello = try await peer.answer()
                #expect(hello?.text == "hello \(round)" && hello?.closes == false)
                try await peer.send("HEAD /hello/me HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await peer.answer(toHead: true)?.header("Content-Length") == "8")
                try await peer.send("DELETE /gone HTTP/1.1\r\nHost: x\r\n\r\n")
                let gone = try await peer.answer()
                #expect(gone?.status == 204 && gone?.header("Content-Length") == nil)
                try await peer.send("GET /same HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await peer.answer()?.status == 304)
                try await peer.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
                let stream = try await peer.answer()
                #expect(stream?.text == "abc" && stream?.isWhole == true)
                try await peer.send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await peer.answer(toHead: true)?.status == 200)
                try await peer.send(
                    "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
                #expect(try await peer.answer()?.text == "abc")
                try await peer.send("POST /blind HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
                #expect(try await peer.answer()?.text == "not read")
                try await peer.send("POST /exact HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
                #expect(try await peer.answer()?.text == "all")
            }
            try await peer.send("GET /hello/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(try await peer.answer()?.closes == true)
            #expect(try await peer.rest() == "")
        }
    }

    @Test @LoopActor func `a flood of pipelined requests is answered in order, octet for octet`() async throws {
        try await withServer(routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            let count = 5000
            let sending = Task { @LoopActor in
                for start in stride(from: 0, to: count, by: 500) {
                    try await peer.send(
                        (start..<(start + 500)).map { "GET /hello/\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
                }
            }
            for number in 0..<count { try #require(try await peer.answer()?.text == "hello \(number)") }
            try await sending.value
        }
    }

    @Test @LoopActor func `a client that has finished sending still gets its answer`() async throws {
        try await withServer({ router in
            router.on(.get, "/slow") { _ in
                try await sleep(for: .milliseconds(50))
                return .text("late")
            }
        }) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            peer.finishWriting()
            #expect(try await peer.answer()?.text == "late")
            #expect(try await peer.rest() == "")
        }
    }

    @Test @LoopActor func `an HTTP 1 0 client gets its stream up to the end of the connection`() async throws {
        let plain = try await exchange("GET /stream HTTP/1.0\r\n\r\n", routes)
        #expect(plain.hasSuffix("\r\n\r\nabc") && plain.contains("Connection: close") && !plain.contains("chunked"))
        let kept = try await exchange(
            "GET /hello/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /hello/b HTTP/1.0\r\n\r\n", routes)
        #expect(kept.contains("Connection: keep-alive") && kept.contains("hello a") && kept.hasSuffix("hello b"))
    }

    @Test @LoopActor func `clients that vanish at any moment leave nothing behind`() async throws {
        try await withServer(routes) { server in
            let request = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
            for count in [0, 1, 20, 55, request.utf8.count] {
                let peer = try await RawPeer.connect(port: server.port)
                try await peer.send(Array(request.utf8.prefix(count)))
                peer.close()
            }
            try await until { server.connectionCount == 0 }
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send(request)
            #expect(try await peer.answer()?.text == "hello")
        }
    }
}

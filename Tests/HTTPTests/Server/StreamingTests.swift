import HTTP
import HTTPTypes
import Loop
import TestSupport
import Testing

/// Answers on their way out.
@Suite(.timeLimit(.minutes(2))) struct StreamingTests {
    init() { startLoop() }

    @Test @LoopActor func `a slow reader holds the writer instead of filling memory`() async throws {
        var written = 0
        try await withServer({ router in
            router.on(.get, "/endless") { _ in
                Response(
                    body: .stream(length: nil) { body in
                        while written < 256 << 20 {
                            try await body.write([UInt8](repeating: 1, count: 65_536))
                            written += 65_536
                        }
                    })
            }
        }) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await peer.line()
            #expect(try await settled { written } < 64 << 20)
            peer.close()
            try await until { server.connectionCount == 0 }
        }
    }

    @Test(arguments: [false, true])
    @LoopActor func `a quiet stream learns at once that its client has gone`(isLate: Bool) async throws {
        let (begun, gone, goOn) = (LoopEvent(), LoopEvent(), LoopEvent())
        try await withServer({ router in
            router.on(.get, "/quiet") { _ in
                Response(
                    body: .stream(length: nil) { body in
                        begun.signal()
                        if isLate { try await goOn.wait() }
                        body.onGone { gone.signal() }
                        try await gone.wait()
                    })
            }
        }) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("GET /quiet HTTP/1.1\r\nHost: x\r\n\r\n")
            try await begun.wait()
            #expect(!gone.isSignalled)
            peer.close()
            if isLate {
                // Another connection's answer: what the first one's end had to tell is in by then.
                for _ in 0..<2 {
                    _ = try await exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") { _ in }
                }
                goOn.signal()
            }
            try await until { server.connectionCount == 0 }
        }
    }

    @Test @LoopActor func `a handler that does not read holds the client`() async throws {
        var sent = 0
        try await withServer({ router in
            router.on(.post, "/", bodyLimit: .max) { _ in
                try await LoopEvent().wait()
                return .text("never")
            }
        }) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n")
            let sending = Task { @LoopActor in
                while sent < 256 << 20 {
                    try await peer.send([UInt8](repeating: 1, count: 65_536))
                    sent += 65_536
                }
            }
            #expect(try await settled { sent } < 64 << 20)
            sending.cancel()
            _ = await sending.result
        }
    }

    @Test(arguments: [4, 6])
    @LoopActor func `a stream of another length than it said never reaches into the next answer`(length: Int)
        async throws
    {
        let text = try await exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n") { router in
            router.on(.get, "/") { _ in
                Response(
                    body: .stream(length: length) { body in
                        try await body.write(Array("abc".utf8))
                        try await body.write(Array("de".utf8))
                    })
            }
        }
        #expect(text.ranges(of: "HTTP/1.1").count == 1)
        #expect(text.hasSuffix(length == 4 ? "\r\n\r\nabc" : "\r\n\r\nabcde"))
    }

    @Test @LoopActor func `a stream that fails is cut, so that nobody takes it for whole`() async throws {
        struct Broken: Error {}
        let text = try await exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n") { router in
            router.on(.get, "/") { _ in
                Response(
                    body: .stream(length: nil) { body in
                        try await body.write(Array("abc".utf8))
                        throw Broken()
                    })
            }
        }
        #expect(text.hasSuffix("3\r\nabc\r\n"))
    }

    @Test @LoopActor func `a writer kept beyond its stream writes nothing more`() async throws {
        var kept: BodyWriter?
        try await withServer({ router in
            router.on(.get, "/keep") { _ in Response(body: .stream(length: nil) { kept = $0 }) }
            router.on(.get, "/use") { _ in
                await #expect(throws: (any Error).self) { try await kept?.write([65]) }
                return .text("fine")
            }
        }) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("GET /keep HTTP/1.1\r\nHost: x\r\n\r\nGET /use HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await peer.answer()?.body == [])
            #expect(try await peer.answer()?.text == "fine")
        }
    }

    @Test @LoopActor func `events arrive one by one`() async throws {
        let (first, second) = (LoopEvent(), LoopEvent())
        try await withServer({ router in
            router.on(.get, "/events") { _ in
                .events { body in
                    try await body.write(ServerSentEvent("a", data: "1").bytes)
                    first.signal()
                    try await second.wait()
                    try await body.write(ServerSentEvent.comment)
                }
            }
        }) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
            while try await peer.line()?.isEmpty == false {}
            try await first.wait()
            #expect(try await peer.line() == "12")
            #expect(try await peer.bytes(18) == Array("event: a\ndata: 1\n\n".utf8))
            second.signal()
            #expect(try await peer.line() == "")
            #expect(try await peer.line() == "3")
            #expect(try await peer.bytes(10) == Array(":\n\n\r\n0\r\n\r\n".utf8))
        }
    }

    @Test @LoopActor func `an upgrade hands over the connection with the bytes that came behind`() async throws {
        try await withServer({ router in
            router.on(.get, "/up") { _ in
                Response(
                    status: .switchingProtocols, headers: [.upgrade: "echo"],
                    body: .upgrade { connection, leftover in
                        try? await connection.write(leftover)
                        while let bytes = try? await connection.read() { try? await connection.write(bytes) }
                    })
            }
        }) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("GET /up HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nleft over")
            let answer = try await peer.answer()
            #expect(answer?.status == 101 && answer?.header("Connection") == "Upgrade")
            #expect(try await peer.bytes(9) == Array("left over".utf8))
            try await peer.send("more")
            #expect(try await peer.bytes(4) == Array("more".utf8))
            peer.finishWriting()
            #expect(try await peer.rest() == "")
        }
    }
}

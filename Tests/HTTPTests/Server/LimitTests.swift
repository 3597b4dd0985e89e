import HTTP
import HTTPTypes
import Loop
import TestSupport
import Testing

/// What one client may cost: size, number, time.
@Suite(.timeLimit(.minutes(3))) struct LimitTests {
    init() { startLoop() }

    private func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
        var limits = ServerLimits()
        change(&limits)
        return limits
    }

    @LoopActor private func routes(_ router: Router) {
        router.on(.get, "/") { _ in .text("fine") }
        router.on(.post, "/") { .text("\(try await $0.body.collect().count)") }
        router.on(.get, "/big") { _ in Response(body: .bytes([UInt8](repeating: 1, count: 64 << 20))) }
    }

    @Test @LoopActor func `a header without end is refused long before its end, and the refusal can be read`()
        async throws
    {
        try await withServer(routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("GET / HTTP/1.1\r\nHost: x\r\nX-Endless: ")
            var sent = 0
            let block = [UInt8](repeating: 97, count: 65_536)
            while sent < 100 << 20, (try? await peer.send(block)) != nil { sent += block.count }
            #expect(sent < 100 << 20)
            #expect(try await peer.answer()?.status == 431)
        }
    }

    @Test @LoopActor func `too many header fields are refused`() async throws {
        let fields = (0..<100).map { "X-\($0): a\r\n" }.joined()
        #expect(try await exchange("GET / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n", routes).hasPrefix("HTTP/1.1 431 "))
    }

    @Test @LoopActor func `a connection that asks nothing is closed without a word`() async throws {
        let text = try await exchange("", limits: limits { $0.idleTime = .milliseconds(20) }, routes)
        #expect(text == "")
    }

    @Test @LoopActor func `a head that comes too slowly is refused, though it never pauses`() async throws {
        try await withServer(limits: limits { $0.headTime = .milliseconds(100) }, routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            let sending = Task { @LoopActor in
                try await peer.send("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                while !Task.isCancelled {
                    try await peer.send("a")
                    try await sleep(for: .milliseconds(5))
                }
            }
            #expect(try await peer.answer()?.status == 408)
            sending.cancel()
            _ = await sending.result
        }
    }

    @Test @LoopActor func `a head behind an empty line has the head's time, not the idle one's`() async throws {
        let limits = limits {
            $0.headTime = .milliseconds(100)
            $0.idleTime = .seconds(3600)
        }
        try await withServer(limits: limits, routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            // Each piece is there before the next one is sent: the server's count of bytes says so.
            for (count, piece) in ["\r", "\n", "G"].enumerated() {
                try await peer.send(piece)
                try await until { server.bytesReceived > count }
            }
            #expect(try await peer.answer()?.status == 408)
        }
    }

    @Test @LoopActor func `empty lines do not hold a connection`() async throws {
        try await withServer(limits: limits { $0.idleTime = .seconds(3600) }, routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            let sending = Task { @LoopActor in
                while !Task.isCancelled {
                    try await peer.send("\r\n")
                    try await sleep(for: .milliseconds(1))
                }
            }
            #expect(try await peer.answer()?.status == 400)
            sending.cancel()
            _ = await sending.result
        }
    }

    @Test @LoopActor func `a body that pauses too long is refused and the connection closed`() async throws {
        let text = try await exchange(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc",
            limits: limits { $0.bodyTime = .milliseconds(20) },
            routes)
        #expect(text.hasPrefix("HTTP/1.1 408 ") && text.contains("Connection: close"))
    }

    @Test @LoopActor func `a body that trickles is refused, though it never pauses`() async throws {
        let slow = limits { ($0.bodyTime, $0.bodyRate) = (.milliseconds(200), 1_000_000) }
        try await withServer(limits: slow, routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            let sending = Task { @LoopActor in
                try await peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
                while !Task.isCancelled {
                    try await peer.send("a")
                    try await sleep(for: .milliseconds(5))
                }
            }
            #expect(try await peer.answer()?.status == 408)
            sending.cancel()
            _ = await sending.result
        }
    }

    @Test @LoopActor func `a client need not pay for the time that the handler takes`() async throws {
        let sent = LoopEvent()
        let slow = limits { ($0.bodyTime, $0.bodyRate) = (.seconds(1), 1_000_000) }
        try await withServer(
            limits: slow,
            { router in
                router.on(.post, "/") { request in
                    try await sent.wait()
                    try await sleep(for: .milliseconds(1200))
                    return .text("\(try await request.body.collect().count)")
                }
            }
        ) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n")
            try await peer.send([UInt8](repeating: 1, count: 200_000))
            sent.signal()
            #expect(try await peer.answer()?.text == "200000")
        }
    }

    @Test @LoopActor func `a client that takes nothing of an answer loses it`() async throws {
        try await withServer(limits: limits { $0.writeTime = .milliseconds(50) }, routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
            try await until { server.connectionCount == 1 }
            try await until { server.connectionCount == 0 }
            let got = try? await peer.answer()
            #expect(got?.isWhole != true)
        }
    }

    @Test @LoopActor func `a client that takes an answer slowly but steadily gets it whole`() async throws {
        try await withServer(limits: limits { $0.writeTime = .seconds(3) }, routes) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
            while try await peer.line()?.isEmpty == false {}
            var left = 64 << 20
            // Some seconds for the whole of it, each pause far below the limit, each slice of it longer than that.
            for _ in 0..<200 where left > 0 {
                left -= try await peer.bytes(262_144).count
                try await sleep(for: .milliseconds(20))
            }
            #expect(server.connectionCount == 1)
            while left > 0 {
                let count = try await peer.bytes(min(left, 1 << 20)).count
                guard count > 0 else { break }
                left -= count
            }
            #expect(left == 0)
        }
    }

    @Test @LoopActor func `one connection too many is turned away, and can read why`() async throws {
        try await withServer(limits: limits { $0.connections = 2 }, routes) { server in
            let first = try await RawPeer.connect(port: server.port)
            let second = try await RawPeer.connect(port: server.port)
            try await until { server.connectionCount == 2 }
            let third = try await RawPeer.connect(port: server.port)
            try await third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try await third.answer()
            #expect(answer?.status == 503 && answer?.header("Retry-After") == "1" && answer?.closes == true)
            #expect(try await third.rest() == "")
            first.close()
            try await until { server.connectionCount == 1 }
            let fourth = try await RawPeer.connect(port: server.port)
            for peer in [second, fourth] {
                try await peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await peer.answer()?.text == "fine")
            }
        }
    }
}

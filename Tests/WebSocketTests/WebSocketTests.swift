import Loop
import TestSupport
import Testing

@testable import WebSocket

@Suite struct WebSocketValueTests {
    @Test func `the accept key is the one of the RFC`() {
        #expect(WebSocketHandshake.acceptKey(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(arguments: [
        ("ws://a", "a", 80, "/"), ("ws://a:8188/ws?clientId=x", "a", 8188, "/ws?clientId=x"),
        ("ws://[::1]:9/", "::1", 9, "/"), ("ws://h?q", "h", 80, "/?q"),
    ])
    func `a URL is taken apart`(url: String, host: String, port: Int, target: String) throws {
        let parts = try WebSocketURL(url)
        #expect(parts.host == host && parts.port == port && parts.target == target)
    }

    @Test(arguments: ["wss://a", "http://a", "ws://", "ws://a:0", "ws://a:99999", "ws://u@a", "ws://a b"])
    func `another URL is refused`(url: String) {
        #expect(throws: WebSocketError.self) { try WebSocketURL(url) }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nUpgrade: websocket\r\nConnection: upgrade",
        "HTTP/1.1 101 x\r\nConnection: upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: wrong",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate",
    ])
    func `an answer that is no proper 101 is refused`(head: String) {
        #expect(throws: WebSocketError.self) {
            try WebSocketHandshake.check(head, key: "dGhlIHNhbXBsZSBub25jZQ==")
        }
    }

    @Test func `a queue that is full drops the oldest previews and keeps every text`() throws {
        var queue = MessageQueue()
        try queue.put(.binary([1]))
        for number in 0..<WebSocketConnection.maxQueuedMessages { try queue.put(.text("\(number)")) }
        #expect(queue.take() == .text("0"))
        try queue.put(.text("again"))
        #expect(throws: WebSocketError.self) { try queue.put(.text("one too many")) }
    }
}

@Suite struct WebSocketConnectionTests {
    init() { startLoop() }

    /// Two ends of one connection over a real socket.
    @LoopActor
    private func pair(maxMessageBytes: Int = 4 << 20) async throws -> (WebSocketConnection, WebSocketConnection, TCPConnection) {
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        let port = listener.port
        async let dialled = TCPConnection.connect(host: "127.0.0.1", port: port, timeout: .seconds(10))
        var peers = listener.connections.makeAsyncIterator()
        let accepted = try #require(await peers.next())
        let raw = try await dialled
        listener.close()
        return (
            WebSocketConnection(raw, role: .client, maxMessageBytes: maxMessageBytes),
            WebSocketConnection(accepted, role: .server, maxMessageBytes: maxMessageBytes), raw
        )
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 1_000_000])
    @LoopActor func `messages of every length arrive both ways`(count: Int) async throws {
        let (client, server, _) = try await pair()
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        async let sent: Void = client.send(.binary(bytes))
        #expect(try await server.receive() == .binary(bytes))
        try await sent
        async let answered: Void = server.send(.text(String(repeating: "é", count: count / 2)))
        #expect(try await client.receive() == .text(String(repeating: "é", count: count / 2)))
        try await answered
        await client.close()
        #expect(try await server.receive() == nil)
    }

    @Test @LoopActor func `an end with no goodbye is an error`() async throws {
        let (client, server, raw) = try await pair()
        raw.close()
        let error = await #expect(throws: WebSocketError.self) { try await server.receive() }
        #expect(error?.kind == .abrupt)
        await client.close()
    }

    @Test @LoopActor func `a message over the limit ends the connection`() async throws {
        let (client, server, _) = try await pair(maxMessageBytes: 1000)
        try await client.send(.binary([UInt8](repeating: 7, count: 1001)))
        let error = await #expect(throws: WebSocketError.self) { try await server.receive() }
        #expect(error?.kind == .violation)
        await client.close()
    }

    @Test @LoopActor func `garbage ends the connection`() async throws {
        let (client, server, raw) = try await pair()
        try await raw.write([0xFF, 0xFF, 0x00, 0x01, 0x02, 0x03])
        let error = await #expect(throws: WebSocketError.self) { try await server.receive() }
        #expect(error?.kind == .violation)
        await client.close()
    }

    @Test @LoopActor func `a cancelled receive leaves the connection usable`() async throws {
        let (client, server, _) = try await pair()
        let waiting = Task { try await server.receive() }
        await Task.yield()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try await client.send(.text("still here"))
        #expect(try await server.receive() == .text("still here"))
        await client.close()
    }
}

import Loop
import TestSupport
import Testing

@testable import WebSocket

@Suite struct WebSocketConnectionTests {
    init() { startLoop() }

    /// Two ends of one connection over a real socket.
    @LoopActor
    private func pair(maxMessageBytes: Int = 4 << 20) async throws -> (
        client: WebSocketConnection, server: WebSocketConnection
    ) {
        let (dialled, accepted) = try await connectedPair()
        return (
            WebSocketConnection(dialled, role: .client, maxMessageBytes: maxMessageBytes),
            WebSocketConnection(accepted, role: .server, maxMessageBytes: maxMessageBytes)
        )
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 1_000_000])
    @LoopActor func `messages of every length arrive both ways`(count: Int) async throws {
        let (client, server) = try await pair()
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        async let sent: Void = client.send(.binary(bytes))
        #expect(try await server.receive() == .binary(bytes))
        try await sent
        async let answered: Void = server.send(.text(String(repeating: "é", count: count / 2)))
        #expect(try await client.receive() == .text(String(repeating: "é", count: count / 2)))
        try await answered
        await client.close()
        #expect(try await server.receive() == nil)
        #expect(server.closeCode == 1000 && client.closeCode == 1000)
    }

    @Test @LoopActor func `a closing code arrives after what was sent before it`() async throws {
        let (client, server) = try await pair()
        try await server.send(.text("last"))
        await server.close(code: 1001)
        #expect(try await client.receive() == .text("last"))
        #expect(try await client.receive() == nil)
        #expect(try await client.receive() == nil)
        #expect(client.closeCode == 1001)
        await #expect(throws: WebSocketError.self) { try await client.send(.text("too late")) }
        await client.close()
    }

    @Test @LoopActor func `a message over the limit ends the connection, and its sender learns why`() async throws {
        let (client, server) = try await pair(maxMessageBytes: 1000)
        try await client.send(.binary([UInt8](repeating: 7, count: 2_000_000)))
        let error = await #expect(throws: WebSocketError.self) { try await server.receive() }
        #expect(error?.kind == .tooLarge)
        #expect(try await client.receive() == nil)
        #expect(client.closeCode == 1009)
    }

    @Test @LoopActor func `a cancelled receive leaves the connection usable`() async throws {
        let (client, server) = try await pair()
        let waiting = Task { try await server.receive() }
        await Task.yield()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try await client.send(.text("still here"))
        #expect(try await server.receive() == .text("still here"))
        await client.close()
    }

    @Test @LoopActor func `two receivers each get a message`() async throws {
        let (client, server) = try await pair()
        let first = Task { try await server.receive() }
        let second = Task { try await server.receive() }
        try await client.send(.text("one"))
        try await client.send(.text("two"))
        let both = [try await first.value, try await second.value]
        #expect(both.contains(.text("one")) && both.contains(.text("two")))
        await client.close()
    }

    @Test @LoopActor func `who does not take messages loses previews, never texts`() async throws {
        let (client, server) = try await pair()
        let limit = WebSocketConnection.maxQueuedMessages
        for number in 0..<limit { try await server.send(.binary([UInt8(truncatingIfNeeded: number)])) }
        try await server.send(.text("first"))
        try await server.send(.text("second"))
        while client.droppedMessages < 2 { try await sleep(for: .milliseconds(1)) }
        #expect(try await client.receive() == .binary([2]))
        var texts: [WebSocketMessage] = []
        while texts.count < 2, let message = try await client.receive() {
            if case .text = message { texts.append(message) }
        }
        #expect(texts == [.text("first"), .text("second")])
        await client.close()
    }

    @Test @LoopActor func `a sender waits for a peer whose kernel takes no more, and can be cancelled`() async throws {
        let (dialled, accepted) = try await connectedPair()
        let client = WebSocketConnection(dialled, role: .client)
        let sending = Task { try await client.send(.binary([UInt8](repeating: 0, count: 32 << 20))) }
        try await sleep(for: .milliseconds(50))
        sending.cancel()
        await #expect(throws: CancellationError.self) { try await sending.value }
        // The frame is not cut: all of it comes once the peer reads, and the connection goes on.
        let server = WebSocketConnection(accepted, role: .server)
        let message = try await server.receive()
        #expect(message?.count == 32 << 20)
        try await client.send(.text("next"))
        #expect(try await server.receive() == .text("next"))
        await client.close()
    }

    @Test @LoopActor func `pings keep a peer that answers`() async throws {
        let (dialled, accepted) = try await connectedPair()
        let client = WebSocketConnection(dialled, role: .client, pingInterval: .seconds(2))
        let server = WebSocketConnection(accepted, role: .server)
        try await sleep(for: .seconds(5))
        try await server.send(.text("here"))
        #expect(try await client.receive() == .text("here"))
        await client.close()
        await server.close()
    }

    @Test @LoopActor func `a peer that answers no ping is given up`() async throws {
        let (dialled, accepted) = try await connectedPair()
        let client = WebSocketConnection(dialled, role: .client, pingInterval: .milliseconds(20))
        let error = await #expect(throws: WebSocketError.self) { try await client.receive() }
        #expect(error?.kind == .silent)
        accepted.close()
    }

    @Test @LoopActor func `close does not wait for ever for a peer that says nothing`() async throws {
        let (dialled, accepted) = try await connectedPair()
        let client = WebSocketConnection(dialled, role: .client)
        await client.close()
        #expect(try await client.receive() == nil)
        while try await accepted.read() != nil {}
    }

    @Test @LoopActor func `dropping a connection closes it`() async throws {
        let (dialled, accepted) = try await connectedPair()
        var client: WebSocketConnection? = WebSocketConnection(dialled, role: .client)
        try await client?.send(.text("x"))
        client = nil
        while try await accepted.read() != nil {}
    }
}

import Loop
import TestSupport
import Testing

@testable import WebSocket

/// What a server makes of bytes that a test chooses.
@Suite struct FrameTests {
    private let text: UInt8 = 1
    private let binary: UInt8 = 2
    private let goodbye: UInt8 = 8
    private let ping: UInt8 = 9
    private let pong: UInt8 = 10

    init() { startLoop() }

    /// Sends `bytes` to a server and hands it out with the client's raw end.
    @LoopActor
    private func server(hearing bytes: [UInt8]) async throws -> (WebSocketConnection, TCPConnection) {
        let (raw, accepted) = try await connectedPair()
        try await raw.write(bytes)
        return (WebSocketConnection(accepted, role: .server), raw)
    }

    @LoopActor
    private func rest(of raw: TCPConnection) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = try await raw.read() { bytes += more }
        return bytes
    }

    @Test @LoopActor func `fragments are one message, a ping between them is answered at once`() async throws {
        let (server, raw) = try await server(
            hearing: frame(text, Array("Hel".utf8), isLast: false) + frame(ping, [7, 8]) + frame(pong, [])
                + frame(0, Array("lo ".utf8), isLast: false) + frame(0, Array("€".utf8)))
        #expect(try await raw.read() == frame(pong, [7, 8], isMasked: false))
        #expect(try await server.receive() == .text("Hello €"))
        raw.close()
    }

    @Test @LoopActor func `a frame may come byte by byte, and two in one piece`() async throws {
        let (raw, accepted) = try await connectedPair()
        let bytes = frame(binary, [1, 2, 3]) + frame(text, [])
        let server = WebSocketConnection(accepted, role: .server, leftover: Array(bytes[..<1]))
        for byte in bytes[1..<4] {
            try await raw.write([byte])
            await Task.yield()
        }
        try await raw.write(Array(bytes[4...]))
        #expect(try await server.receive() == .binary([1, 2, 3]))
        #expect(try await server.receive() == .text(""))
        raw.close()
    }

    /// Bytes that no client may send, and the code that it is told off with; for frames that it cannot even read, wslay
    /// sends none.
    private static let violations: [([UInt8], UInt16?)] = [
        ([0xFF, 0xFF, 0x00, 0x01, 0x02, 0x03], nil),
        (frame(1, Array("unmasked".utf8), isMasked: false), 1002),
        (frame(3, []), 1002),
        (frame(9, [], isLast: false), nil),
        (frame(0, [1]), 1002),
        (frame(1, [0xC3, 0x28]), 1007),
    ]

    @Test(arguments: violations)
    @LoopActor func `a peer that breaks the rules is told so and let go`(bytes: [UInt8], code: UInt16?) async throws {
        let (server, raw) = try await server(hearing: frame(text, Array("good".utf8)) + bytes)
        #expect(try await server.receive() == .text("good"))
        let error = await #expect(throws: WebSocketError.self) { try await server.receive() }
        #expect(error?.kind == .violation)
        let answer = try await rest(of: raw)
        #expect(answer.first == 0x88 && Array(answer.dropFirst(2)) == (code.map(closing) ?? []))
        raw.close()
    }

    private static let goodbyes: [([UInt8], Int)] = [
        (closing(1000), 1000), (closing(4321) + Array("why".utf8), 4321), ([], 1005),
    ]

    @Test(arguments: goodbyes)
    @LoopActor func `a closing frame is answered, and is a clean end`(payload: [UInt8], code: Int) async throws {
        let (server, raw) = try await server(hearing: frame(goodbye, payload))
        #expect(try await server.receive() == nil)
        #expect(server.closeCode == code)
        #expect(try await rest(of: raw).first == 0x88)
        raw.close()
    }

    @Test @LoopActor func `an end with no goodbye is an error, after what came before`() async throws {
        let (server, raw) = try await server(hearing: frame(text, Array("last".utf8)) + [0x81, 0x85])
        raw.close()
        #expect(try await server.receive() == .text("last"))
        let error = await #expect(throws: WebSocketError.self) { try await server.receive() }
        #expect(error?.kind == .abrupt)
        #expect(server.closeCode == nil)
    }

    @Test @LoopActor func `texts that nobody takes end the connection once they are too many`() async throws {
        let texts = (0...WebSocketConnection.maxQueuedMessages).flatMap { _ in frame(text, [65]) }
        let (server, raw) = try await server(hearing: texts)
        let answer = try await rest(of: raw)
        #expect(Array(answer.dropFirst(2).prefix(2)) == closing(1008))
        var count = 0
        let error = await #expect(throws: WebSocketError.self) {
            while try await server.receive() != nil { count += 1 }
        }
        #expect(error?.kind == .overflow)
        #expect(count >= WebSocketConnection.maxQueuedMessages)
        raw.close()
    }
}

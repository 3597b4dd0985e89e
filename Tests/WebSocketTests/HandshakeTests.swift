import Loop
import TestSupport
import Testing

@testable import WebSocket

@Suite struct HandshakeTests {
    /// The RFC's own example (§1.3).
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    init() { startLoop() }

    @Test func `the accept key is the one of the RFC`() {
        #expect(WebSocketHandshake.acceptKey(for: Self.key) == Self.accept)
    }

    @Test func `a proper request is accepted`() throws {
        let accept = try WebSocketHandshake.accept(
            upgrade: "WebSocket", connection: "keep-alive, Upgrade", version: "13", key: Self.key)
        #expect(accept == Self.accept)
    }

    private static let refused: [(String?, String?, String?, String?)] = [
        (nil, "Upgrade", "13", key), ("websocket", nil, "13", key), ("websocket", "Upgrade", "8", key),
        ("websocket", "Upgrade", nil, key), ("websocket", "Upgrade", "13", nil), ("websocket", "Upgrade", "13", "YQ=="),
        ("h2c", "Upgrade", "13", key),
    ]

    @Test(arguments: refused)
    func `another request is refused`(upgrade: String?, connection: String?, version: String?, key: String?) {
        #expect(throws: WebSocketError.self) {
            try WebSocketHandshake.accept(upgrade: upgrade, connection: connection, version: version, key: key)
        }
    }

    @Test func `a request names no origin, and takes no line end in a field`() throws {
        let request = try WebSocketHandshake.request(
            host: "h:1", target: "/ws", key: Self.key, headers: [("Authorization", "Bearer x")])
        let lines = String(decoding: request, as: UTF8.self).split(separator: "\r\n")
        #expect(lines.first == "GET /ws HTTP/1.1")
        #expect(lines.contains("Host: h:1") && lines.contains("Authorization: Bearer x"))
        #expect(!lines.contains { $0.hasPrefix("Origin") })
        for field in [("A", "b\r\nC: d"), ("A\r\nB", "c"), ("", "x"), ("A:", "x")] {
            #expect(throws: WebSocketError.self) {
                try WebSocketHandshake.request(host: "h", target: "/", key: Self.key, headers: [field])
            }
        }
    }

    @Test(arguments: [
        ("ws://a", "a", 80, "/"), ("ws://a:8188/ws?clientId=x", "a", 8188, "/ws?clientId=x"),
        ("ws://[::1]:9/", "::1", 9, "/"), ("ws://h?q", "h", 80, "/?q"), ("WS://h/a#b", "h", 80, "/a"),
    ])
    func `a URL is taken apart`(url: String, host: String, port: Int, target: String) throws {
        let parts = try WebSocketURL(url)
        #expect(parts.host == host && parts.port == port && parts.target == target)
    }

    @Test(arguments: ["wss://a", "http://a", "ws://", "ws://a:0", "ws://a:99999", "ws://u@a", "ws://a b", ""])
    func `another URL is refused`(url: String) {
        #expect(throws: WebSocketError.self) { try WebSocketURL(url) }
    }

    @Test func `a proper answer passes, whatever its spelling`() throws {
        let head =
            "HTTP/1.1 101 x\r\nUPGRADE: WebSocket \r\nconnection: keep-alive, Upgrade\r\n"
            + "Sec-WebSocket-Accept:\(Self.accept)\t"
        try WebSocketHandshake.check(head, key: Self.key)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: \(accept)",
        "HTTP/1.1 101 x\r\nConnection: upgrade\r\nSec-WebSocket-Accept: \(accept)",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: \(accept)",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: wrong",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            + "Sec-WebSocket-Accept: \(accept)\r\nSec-WebSocket-Extensions: permessage-deflate",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            + "Sec-WebSocket-Accept: \(accept)\r\nSec-WebSocket-Protocol: chat",
        "", "SSH-2.0-OpenSSH",
    ])
    func `an answer that is no proper 101 is refused`(head: String) {
        #expect(throws: WebSocketError.self) { try WebSocketHandshake.check(head, key: Self.key) }
    }

    @Test func `a queue that is full drops the oldest previews and keeps every text`() throws {
        var queue = MessageQueue()
        try queue.put(.binary([1]))
        for number in 0..<WebSocketConnection.maxQueuedMessages { try queue.put(.text("\(number)")) }
        #expect(queue.dropped == 1)
        #expect(queue.take() == .text("0"))
        try queue.put(.text("again"))
        #expect(throws: WebSocketError.self) { try queue.put(.text("one too many")) }
    }

    // MARK: Over sockets

    /// A server that answers the head of each request with what `answer` makes of it, and then listens on.
    @LoopActor
    private func server(_ answer: @escaping @LoopActor (String) -> [UInt8]) throws -> TCPListener {
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        Task {
            for await connection in listener.connections {
                Task {
                    var head = ""
                    while !head.contains("\r\n\r\n"), let bytes = try await connection.read() {
                        head += String(decoding: bytes, as: UTF8.self)
                    }
                    try await connection.write(answer(head))
                    while try await connection.read() != nil {}
                }
            }
        }
        return listener
    }

    @Test @LoopActor func `the first frame may come with the answer, and the name have more addresses`() async throws {
        let listener = try server { head in
            let key = head.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") }?.dropFirst(19) ?? ""
            let answer =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: \(WebSocketHandshake.acceptKey(for: String(key)))\r\n\r\n"
            return Array(answer.utf8) + frame(1, Array("hello".utf8), isMasked: false)
        }
        defer { listener.close() }
        let socket = try await WebSocketClient.connect(
            url: "ws://localhost:\(listener.port)/ws?clientId=x", timeout: .seconds(300))
        #expect(try await socket.receive() == .text("hello"))
    }

    @Test(arguments: ["HTTP/1.1 403 Forbidden\r\n\r\n", "garbage\r\n\r\n", String(repeating: "x", count: 100_000)])
    @LoopActor func `a server that does not shake hands is an error`(answer: String) async throws {
        let listener = try server { _ in Array(answer.utf8) }
        defer { listener.close() }
        let port = listener.port
        let error = await #expect(throws: WebSocketError.self) {
            try await WebSocketClient.connect(url: "ws://127.0.0.1:\(port)/")
        }
        #expect(error?.kind == .handshake)
    }

    @Test @LoopActor func `a server that says nothing is given up`() async throws {
        let listener = try server { _ in [] }
        defer { listener.close() }
        let port = listener.port
        let error = await #expect(throws: WebSocketError.self) {
            try await WebSocketClient.connect(url: "ws://127.0.0.1:\(port)/", timeout: .milliseconds(50))
        }
        #expect(error?.kind == .handshake || error?.kind == .cannotConnect)
    }

    @Test @LoopActor func `a refused connection says whose it was`() async throws {
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        let port = listener.port
        listener.close()
        let error = await #expect(throws: WebSocketError.self) {
            try await WebSocketClient.connect(url: "ws://127.0.0.1:\(port)/ws?token=secret")
        }
        #expect(error?.kind == .cannotConnect)
        #expect(error?.description == "cannot connect to 127.0.0.1:\(port): connection refused")
    }
}

import Foundation
import TestSupport
import Testing

@testable import Loop

@Suite(.timeLimit(.minutes(2))) struct ConnectTests {
    init() { startLoop() }

    @LoopActor private func connect(_ host: String, _ port: Int) async throws -> TCPConnection {
        try await TCPConnection.connect(host: host, port: port, timeout: .seconds(60))
    }

    @Test @LoopActor func `nobody listens: the error names the call`() async throws {
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        let port = listener.port
        listener.close()
        listener.close()
        #expect(listener.port == 0)
        await #expect(throws: LibuvError(code: -ECONNREFUSED, call: "uv_tcp_connect")) {
            try await connect("127.0.0.1", port)
        }
    }

    @Test @LoopActor func `a port that is taken: the error names the call`() async throws {
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        #expect(throws: LibuvError(code: -EADDRINUSE, call: "uv_listen")) {
            try TCPListener(host: "127.0.0.1", port: listener.port)
        }
        listener.close()
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    @LoopActor func `a name is tried address by address`(host: String) async throws {
        guard let listener = try? TCPListener(host: host, port: 0) else { return }  // a machine without IPv6
        #expect(listener.host == host)
        let peer = try await connect(host == "::1" ? "[::1]" : "localhost", listener.port)
        #expect(peer.remoteAddress == host)
        listener.close()
    }

    @Test(arguments: [-1, 65_536, 70_000])
    @LoopActor func `a port that is none is refused`(port: Int) async {
        await #expect(throws: LibuvError.self) { try await connect("127.0.0.1", port) }
        #expect(throws: LibuvError.self) { try TCPListener(host: "127.0.0.1", port: port) }
    }

    @Test @LoopActor func `a name that is none says so`() async {
        await #expect(throws: LibuvError.self) { try await connect("no such name", 80) }
    }

    @Test @LoopActor func `an attempt can be cancelled`() async throws {
        // A full backlog that nobody accepts from: attempts beyond it wait.
        let attempt = Task { @LoopActor in
            try await TCPConnection.connect(host: "192.0.2.1", port: 9, timeout: .seconds(3600))
        }
        try await sleep(for: .milliseconds(20))
        attempt.cancel()
        // Where the test network has no route, the attempt fails by itself.
        await #expect(throws: (any Error).self) { try await attempt.value }
    }
}

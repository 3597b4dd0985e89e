import TestSupport
import Testing

@testable import Loop

@Suite(.timeLimit(.minutes(5))) struct TCPTests {
    init() { startLoop() }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 4_194_304])
    @LoopActor func `bytes come back as they went`(count: Int) async throws {
        let echo = try Echo()
        let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
        let peer = try await echo.connect()
        let writing = Task(executorPreference: EventLoop.shared) {
            try await peer.write(sent)
            await peer.finishWriting()
        }
        var got: [UInt8] = []
        while let bytes = try await peer.read() {
            #expect(!bytes.isEmpty && bytes.count <= 65_536)
            got += bytes
        }
        try await writing.value
        #expect(got == sent)
        #expect(try await peer.read() == nil)
    }

    @Test @LoopActor func `a hundred peers at once`() async throws {
        let echo = try Echo()
        let peers = (0..<100).map { number in
            Task { @LoopActor in
                let peer = RawPeer(try await echo.connect())
                for round in 0..<5 {
                    try await peer.send("peer \(number) round \(round)\r\n")
                    #expect(try await peer.line() == "peer \(number) round \(round)")
                }
            }
        }
        for peer in peers { try await peer.value }
    }

    @Test @LoopActor func `a peer that does not read holds the writer`() async throws {
        let (ours, theirs) = try await pair()
        var written = 0
        let writing = Task { @LoopActor in
            while written < 256 << 20 {
                try await ours.write([UInt8](repeating: 7, count: 65_536))
                written += 65_536
            }
        }
        #expect(try await settled { written } < 64 << 20)
        writing.cancel()
        await #expect(throws: CancellationError.self) { try await writing.value }
        #expect(!ours.isOpen)
        await #expect(throws: CancellationError.self) { try await ours.write([1]) }
        theirs.close()
    }

    @Test @LoopActor func `a cancelled read leaves the connection usable`() async throws {
        let (ours, theirs) = try await pair()
        let reading = Task(executorPreference: EventLoop.shared) { try await ours.read() }
        await Task.yield()
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        try await theirs.write([9])
        #expect(try await ours.read() == [9])
        try await ours.write([8])
        #expect(try await theirs.read() == [8])
    }

    @Test @LoopActor func `an abandoned read fails with the error given, and the next one reads on`() async throws {
        struct TooSlow: Error {}
        let (ours, theirs) = try await pair()
        ours.abandonRead(TooSlow())
        let reading = Task(executorPreference: EventLoop.shared) { try await ours.read() }
        try await sleep(for: .milliseconds(5))
        ours.abandonRead(TooSlow())
        await #expect(throws: TooSlow.self) { try await reading.value }
        try await theirs.write([9])
        #expect(try await ours.read() == [9])
    }

    @Test @LoopActor func `closing ends a read that waits, and what comes after`() async throws {
        let (ours, theirs) = try await pair()
        let reading = Task(executorPreference: EventLoop.shared) { try await ours.read() }
        try await sleep(for: .milliseconds(5))
        ours.close()
        ours.close()
        ours.finishWriting()
        await #expect(throws: CancellationError.self) { try await reading.value }
        await #expect(throws: CancellationError.self) { try await ours.read() }
        #expect(try await theirs.read() == nil)
    }

    @Test @LoopActor func `the end of the peer is told once, though bytes before it wait unread`() async throws {
        let (ours, theirs) = try await pair()
        let ended = LoopEvent()
        ours.onEnd = { ended.signal() }
        try await theirs.write([1])
        #expect(try await ours.read() == [1])
        try await theirs.write([2])
        theirs.close()
        try await ended.wait()
        #expect(try await ours.read() == [2])
        #expect(try await ours.read() == nil)
        ours.close()
    }

    @Test @LoopActor func `the end of the peer is told after a read that took a full buffer`() async throws {
        let (ours, theirs) = try await pair()
        let ended = LoopEvent()
        ours.onEnd = { ended.signal() }
        try await theirs.write([UInt8](repeating: 1, count: 65_536))
        var left = 65_536
        while left > 0 { left -= try await ours.read()?.count ?? left }
        theirs.close()
        try await ended.wait()
        ours.close()
    }
}

/// Both ends of one connection.
@LoopActor
func pair() async throws -> (TCPConnection, TCPConnection) {
    let listener = try TCPListener(host: "127.0.0.1", port: 0)
    var accepted = listener.connections.makeAsyncIterator()
    let ours = try await TCPConnection.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(60))
    let theirs = try #require(await accepted.next())
    listener.close()
    return (ours, theirs)
}

/// Sends back what it gets.
@LoopActor
private final class Echo {
    private let listener: TCPListener

    init() throws {
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        self.listener = listener
        Task { @LoopActor in
            for await peer in listener.connections {
                Task { @LoopActor in
                    while let bytes = try await peer.read() { try await peer.write(bytes) }
                    peer.finishWriting()
                }
            }
        }
    }

    isolated deinit { listener.close() }

    func connect() async throws -> TCPConnection {
        try await TCPConnection.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(60))
    }
}

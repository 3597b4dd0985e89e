import Foundation
import TestSupport
import Testing

@testable import Loop

@Suite(.timeLimit(.minutes(2))) struct EventLoopTests {
    init() { startLoop() }

    @Test @LoopActor func `what is isolated to the loop runs on its thread, before and after waiting`() async throws {
        #expect(EventLoop.shared.isCurrent)
        try await sleep(for: .milliseconds(1))
        #expect(EventLoop.shared.isCurrent)
        #expect(LoopActor.assumeIsolated { 7 } == 7)
    }

    @Test func `a task that prefers the loop runs its unisolated code there`() async {
        #expect(!EventLoop.shared.isCurrent)
        #expect(await Task(executorPreference: EventLoop.shared) { EventLoop.shared.isCurrent }.value)
    }

    @Test func `jobs from many threads all run, one at a time`() async {
        let counter = Counter()
        await withTaskGroup { group in
            for _ in 0..<2000 { group.addTask { @concurrent in await counter.add() } }
        }
        #expect(await counter.count == 2000)
    }

    @Test @LoopActor func `a task that never stops yielding does not keep timers waiting`() async throws {
        let busy = Task { @LoopActor in
            while !Task.isCancelled { await Task.yield() }
        }
        for _ in 0..<3 { try await sleep(for: .milliseconds(1)) }
        busy.cancel()
        await busy.value
    }

    @Test func `run gives back what its body throws, and can be called again`() async {
        await #expect(processExitsWith: .success) {
            struct Broken: Error {}
            #expect(throws: Broken.self) { try EventLoop.shared.run { throw Broken() } }
            let ran = Lock(false)
            try EventLoop.shared.run { ran.withLock { $0 = true } }
            exit(ran.withLock { $0 } ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test func `every handle is let go of`() async {
        await #expect(processExitsWith: .success) {
            try EventLoop.shared.run {
                try await useEveryHandle()
                try await allClosed()
            }
        }
    }
}

@LoopActor
private final class Counter {
    private(set) var count = 0
    nonisolated init() {}
    func add() { count += 1 }
}

/// Opens some of each kind, and closes some of them only by forgetting them.
@LoopActor
private func useEveryHandle() async throws {
    let listener = try TCPListener(host: "127.0.0.1", port: 0)
    var accepted = listener.connections.makeAsyncIterator()
    for round in 0..<10 {
        let peer = try await TCPConnection.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(60))
        let other = await accepted.next()
        try await peer.write([1, 2, 3])
        _ = try await other?.read()
        if round.isMultiple(of: 2) { peer.close() }
        let timer = LoopTimer {}
        timer.start(after: .seconds(3600))
        let signal = try SignalSource(SIGUSR2) {}
        if round.isMultiple(of: 2) { signal.close() }
    }
    _ = try? SignalSource(-1) {}
    _ = try? TCPListener(host: "127.0.0.1", port: listener.port)
    listener.close()
    _ = try? await TCPConnection.connect(host: "127.0.0.1", port: 1, timeout: .seconds(60))
}

/// Waits until the loop holds no handle but this function's own timer.
@LoopActor
private func allClosed() async throws {
    let event = LoopEvent()
    let timer = LoopTimer { if EventLoop.shared.handleCount == 1 { event.signal() } }
    timer.start(after: .zero, every: .milliseconds(1))
    try await event.wait()
    timer.close()
}

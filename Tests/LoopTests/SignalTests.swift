import Foundation
import TestSupport
import Testing

@testable import Loop

@Suite(.timeLimit(.minutes(2))) struct SignalTests {
    init() { startLoop() }

    @Test @LoopActor func `a signal to the process arrives on the loop`() async throws {
        let event = LoopEvent()
        let source = try SignalSource(SIGUSR1) { event.signal() }
        kill(getpid(), SIGUSR1)
        try await event.wait()
        source.close()
        source.close()
    }

    @Test @LoopActor func `a number that is no signal is refused with the call's name`() {
        #expect(throws: LibuvError(code: -EINVAL, call: "uv_signal_start")) { try SignalSource(-1) {} }
    }
}

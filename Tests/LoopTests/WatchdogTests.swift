import Foundation
import TestSupport
import Testing

@testable import Loop

@Suite struct WatchdogTests {
    @Test func `the first turn is no turn, the others are told from one clock to the next`() {
        var watchdog = Watchdog()
        #expect(watchdog.turnEnded(busyClock: 5_000_000_000) == nil)
        #expect(watchdog.takeLongest() == .zero)
        watchdog.threshold = 2000
        #expect(watchdog.turnEnded(busyClock: 5_000_002_000) == .nanoseconds(2000))
        #expect(watchdog.turnEnded(busyClock: 5_000_002_500) == nil)
        #expect(watchdog.takeLongest() == .nanoseconds(2000))
        #expect(watchdog.takeLongest() == .zero)
    }

    @Test func `a slow turn of the loop is reported, and the report may ask the loop`() async {
        await #expect(processExitsWith: .success) {
            try EventLoop.shared.run {
                let reported = LoopEvent()
                EventLoop.shared.watch(threshold: .milliseconds(20)) { took in
                    guard took >= .milliseconds(20), EventLoop.shared.takeLongestTurn() >= took else { return }
                    reported.signal()
                }
                try await sleep(for: .milliseconds(1))
                usleep(40_000)
                try await reported.wait()
            }
        }
    }

    @Test func `a threshold beyond every number is none`() async {
        await #expect(processExitsWith: .success) {
            try EventLoop.shared.run {
                EventLoop.shared.watch(threshold: .seconds(Int64.max)) { _ in exit(EXIT_FAILURE) }
                try await sleep(for: .milliseconds(2))
            }
        }
    }
}

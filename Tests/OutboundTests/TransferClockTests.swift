import Testing

@testable import Outbound

@Suite struct TransferClockTests {
    private let start = ContinuousClock.now

    private func clock(idle: Int?, total: Int?) -> TransferClock {
        let timeouts = ClientRequest.Timeouts(
            idle: idle.map { .seconds($0) }, total: total.map { .seconds($0) })
        return TransferClock(timeouts, now: start)
    }

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    @Test func `without limits it is never over`() {
        #expect(clock(idle: nil, total: nil).verdict(now: at(1_000_000)) == .check(after: nil))
    }

    @Test func `each byte moves the idle limit`() {
        var clock = clock(idle: 5, total: nil)
        #expect(clock.verdict(now: at(4)) == .check(after: .seconds(1)))
        clock.moved(now: at(4))
        #expect(clock.verdict(now: at(5)) == .check(after: .seconds(4)))
        #expect(clock.verdict(now: at(9)) == .idle(.seconds(5)))
    }

    @Test func `no byte moves the total limit`() {
        var clock = clock(idle: 5, total: 8)
        clock.moved(now: at(4))
        #expect(clock.verdict(now: at(6)) == .check(after: .seconds(2)))
        clock.moved(now: at(7))
        #expect(clock.verdict(now: at(8)) == .overdue(.seconds(8)))
    }

    @Test func `silence is no fault of the peer while it waits for us`() {
        var clock = clock(idle: 5, total: nil)
        clock.turn(isOurs: true, now: at(1))
        #expect(clock.verdict(now: at(100)) == .check(after: .seconds(5)))
        clock.turn(isOurs: false, now: at(100))
        #expect(clock.verdict(now: at(104)) == .check(after: .seconds(1)))
        #expect(clock.verdict(now: at(105)) == .idle(.seconds(5)))
    }
}

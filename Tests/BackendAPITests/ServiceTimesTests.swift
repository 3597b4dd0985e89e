import Loop
import Testing

@testable import BackendAPI

@Suite struct ServiceTimesTests {
    private let start = ContinuousClock.now

    @Test func `nothing is told before something was measured`() {
        let times = ServiceTimes()
        #expect(times.untilEnd(ahead: 3, of: "paint") == nil)
        #expect(times.left(of: "paint", after: .zero) == nil)
        #expect(times.untilRoom == 30)
    }

    @Test func `the wait is made of the ends before, and of its own run`() {
        var times = ServiceTimes()
        times.ended("paint", ran: .seconds(8), at: start, wasBusy: true)
        times.ended("paint", ran: .seconds(8), at: start + .seconds(4), wasBusy: true)
        #expect(times.untilEnd(ahead: 0, of: "paint") == 8)
        #expect(times.untilEnd(ahead: 5, of: "paint") == 28)
        #expect(times.left(of: "paint", after: .seconds(3)) == 5)
        #expect(times.left(of: "paint", after: .seconds(30)) == 0)
        #expect(times.untilRoom == 4)
    }

    @Test func `a time when nobody waited does not count as one that work took`() {
        var times = ServiceTimes()
        times.ended("paint", ran: .seconds(2), at: start, wasBusy: false)
        times.ended("paint", ran: .seconds(2), at: start + .seconds(3600), wasBusy: false)
        #expect(times.untilEnd(ahead: 1, of: "paint") == 4)
    }
}

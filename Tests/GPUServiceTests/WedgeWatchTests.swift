import Loop
import Testing

@testable import GPUService

@Suite struct WedgeWatchTests {
    private func look(_ running: [String], _ pending: Int) -> WedgeWatch.Look {
        WedgeWatch.Look(running: running, pending: pending)
    }

    @Test func `prompts that wait with none running are a dead worker`() {
        var watch = WedgeWatch()
        for second in stride(from: 0, through: 14, by: 2) {
            watch.observe(look([], 2), at: .seconds(second))
            #expect(!watch.isWedged)
        }
        watch.observe(look([], 2), at: .seconds(16))
        #expect(watch.isWedged)
    }

    @Test(arguments: [(["a"], 5), ([], 0)]) func `work and rest are both well`(running: [String], pending: Int) {
        var watch = WedgeWatch()
        for hour in 0..<100 { watch.observe(look(running, pending), at: .seconds(hour * 3600)) }
        #expect(!watch.isWedged)
    }

    @Test func `a moment between two prompts starts the patience anew`() {
        var watch = WedgeWatch()
        watch.observe(look([], 2), at: .seconds(0))
        watch.observe(look(["a"], 1), at: .seconds(10))
        watch.observe(look([], 1), at: .seconds(20))
        #expect(!watch.isWedged)
        watch.observe(look([], 1), at: .seconds(35))
        #expect(watch.isWedged)
    }

    @Test func `a dead worker stays dead, also when nobody waits any more`() {
        var watch = WedgeWatch()
        watch.observe(look([], 1), at: .seconds(0))
        watch.observe(look([], 1), at: .seconds(15))
        watch.observe(look([], 0), at: .seconds(17))
        #expect(watch.isWedged)
        watch.mayBeAnother()
        #expect(!watch.isWedged)
    }

    @Test func `a prompt that does not stop holds it until it has gone`() {
        var watch = WedgeWatch()
        watch.didNotStop("a")
        watch.observe(look(["a"], 3), at: .seconds(1))
        #expect(watch.isWedged)
        watch.observe(look(["b"], 2), at: .seconds(2))
        #expect(!watch.isWedged)
        watch.didNotStop("b")
        watch.observe(look([], 0), at: .seconds(3))
        #expect(!watch.isWedged)
    }
}

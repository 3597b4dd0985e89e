import Testing

@testable import BackendAPI

@Suite struct CircuitBreakerTests {
    /// A breaker by reference: `#expect` takes no value that changes.
    private final class Held {
        var value = CircuitBreaker()
        var state: CircuitBreaker.State { value.state }

        func admit(at now: Duration) -> Bool { value.admit(at: now) }
        func record(_ report: CircuitBreaker.Report, at now: Duration) { value.record(report, at: now) }
        func name(at now: Duration) -> String { value.name(at: now) }
    }

    private func opened() -> Held {
        let breaker = Held()
        for second in 0..<5 { breaker.record(.failure, at: .seconds(second)) }
        return breaker
    }

    @Test func `five failures within a minute open it for half a minute`() {
        let breaker = Held()
        for second in 0..<4 { breaker.record(.failure, at: .seconds(second)) }
        #expect(breaker.admit(at: .seconds(4)))
        breaker.record(.failure, at: .seconds(4))
        #expect(!breaker.admit(at: .seconds(5)))
        #expect(!breaker.admit(at: .milliseconds(33_999)))
        #expect(breaker.name(at: .seconds(5)) == "open")
        #expect(breaker.admit(at: .seconds(34)))
    }

    @Test func `failures that are far apart, or with a success between, do not`() {
        let slow = Held()
        for minute in 0..<20 { slow.record(.failure, at: .seconds(minute * 16)) }
        #expect(slow.state == .closed)
        let mixed = Held()
        for second in 0..<40 { mixed.record(second % 4 == 3 ? .success : .failure, at: .seconds(second)) }
        #expect(mixed.state == .closed)
    }

    @Test func `half open it lets one through, whose success closes it`() {
        let breaker = opened()
        #expect(breaker.admit(at: .seconds(40)))
        #expect(!breaker.admit(at: .seconds(41)))
        breaker.record(.success, at: .seconds(42))
        #expect(breaker.value == CircuitBreaker())
    }

    @Test func `the probe's failure opens it for twice as long, up to a limit`() {
        let breaker = opened()
        var now = Duration.seconds(40)
        for pause in [60, 120, 240, 480, 600, 600] {
            #expect(breaker.admit(at: now))
            breaker.record(.failure, at: now)
            #expect(breaker.state == .open(until: now + .seconds(pause)))
            now += .seconds(pause)
        }
    }

    @Test func `a probe that was called off, or lost, gives its place to another`() {
        let breaker = opened()
        #expect(breaker.admit(at: .seconds(40)))
        breaker.record(.neutral, at: .seconds(41))
        #expect(breaker.admit(at: .seconds(41)))
        #expect(!breaker.admit(at: .seconds(600)))
        #expect(breaker.admit(at: .seconds(641)))
    }

    @Test func `reports of before it opened change nothing`() {
        let breaker = opened()
        let before = breaker.value
        breaker.record(.success, at: .seconds(6))
        breaker.record(.failure, at: .seconds(6))
        #expect(breaker.value == before)
    }
}

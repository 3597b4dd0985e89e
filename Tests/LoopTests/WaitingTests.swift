import Dispatch
import TestSupport
import Testing

@testable import Loop

@Suite(.timeLimit(.minutes(2))) struct WaitingTests {
    init() { startLoop() }

    @Test @LoopActor func `a timer fires after its time, again when told to, and not once stopped`() async throws {
        let (event, thrice) = (LoopEvent(), LoopEvent())
        let never = LoopTimer { Issue.record("it was stopped") }
        never.start(after: .milliseconds(1))
        never.stop()
        let start = ContinuousClock.now
        let once = LoopTimer { event.signal() }
        once.start(after: .seconds(3600))
        once.start(after: .milliseconds(20))
        var count = 0
        let ticker = LoopTimer {
            count += 1
            if count == 3 { thrice.signal() }
        }
        ticker.start(after: .zero, every: .milliseconds(1))
        try await event.wait()
        #expect(ContinuousClock.now - start >= .milliseconds(19))
        try await thrice.wait()
        ticker.close()
        ticker.close()
        ticker.start(after: .zero)
        let after = count
        try await sleep(for: .milliseconds(5))
        #expect(count == after)
    }

    @Test @LoopActor func `a cancelled sleep ends at once`() async {
        let task = Task(executorPreference: EventLoop.shared) { try await sleep(for: .seconds(3600)) }
        await Task.yield()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let early = Task { @LoopActor in
            withUnsafeCurrentTask { $0?.cancel() }
            try await sleep(for: .seconds(3600))
        }
        await #expect(throws: CancellationError.self) { try await early.value }
    }

    @Test @LoopActor func `a wait with a limit ends with the event, the time or the task`() async throws {
        let event = LoopEvent()
        #expect(try await event.wait(within: .milliseconds(1)) == false)
        #expect(try await event.wait(within: .zero) == false)
        let waiting = Task(executorPreference: EventLoop.shared) { try await event.wait(within: .seconds(3600)) }
        let cancelled = Task(executorPreference: EventLoop.shared) { try await event.wait(within: .seconds(3600)) }
        await Task.yield()
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        event.signal()
        #expect(try await waiting.value)
        #expect(try await event.wait(within: .zero))
    }

    @Test @LoopActor func `a deadline gives the value, passes an error on, or ends the work`() async throws {
        struct Broken: Error {}
        #expect(try await withDeadline(.seconds(3600)) { 5 } == 5)
        await #expect(throws: Broken.self) { try await withDeadline(.seconds(3600)) { throw Broken() } }
        await #expect(throws: DeadlineExceeded(limit: .milliseconds(1))) {
            try await withDeadline(.milliseconds(1)) { try await sleep(for: .seconds(3600)) }
        }
        let outer = Task(executorPreference: EventLoop.shared) {
            try await withDeadline(.seconds(3600)) { try await LoopEvent().wait() }
        }
        await Task.yield()
        outer.cancel()
        await #expect(throws: CancellationError.self) { try await outer.value }
    }

    @Test @LoopActor func `an event lets all go that wait, except who gave up before`() async throws {
        let event = LoopEvent()
        let waiters = (0..<100).map { _ in Task(executorPreference: EventLoop.shared) { try await event.wait() } }
        await Task.yield()
        waiters[50].cancel()
        await #expect(throws: CancellationError.self) { try await waiters[50].value }
        #expect(!event.isSignalled)
        event.signal()
        event.signal()
        for (index, waiter) in waiters.enumerated() where index != 50 { try await waiter.value }
        try await event.wait()
    }

    @Test func `waits cancelled from other threads all end`() async {
        await withTaskGroup { group in
            for index in 0..<500 {
                group.addTask { @concurrent in
                    let wait = Task { try await sleep(for: .seconds(3600)) }
                    if index.isMultiple(of: 2) { await Task.yield() }
                    wait.cancel()
                    _ = await wait.result
                }
            }
        }
    }

    @Test func `work off the loop runs on another thread and brings its value or error back`() async throws {
        struct Broken: Error {}
        #expect(try await offLoop { EventLoop.shared.isCurrent ? 1 : 2 } == 2)
        await #expect(throws: Broken.self) { try await offLoop { throw Broken() } }
        let sum = try await withThrowingTaskGroup { group in
            for number in 0..<200 { group.addTask { try await offLoop { number } } }
            return try await group.reduce(0, +)
        }
        #expect(sum == 19_900)
    }

    @Test @LoopActor func `work that takes too long can be left behind`() async throws {
        let gate = DispatchSemaphore(value: 0)
        await #expect(throws: DeadlineExceeded(limit: .milliseconds(1))) {
            try await offLoop(abandonAfter: .milliseconds(1)) { gate.wait() }
        }
        gate.signal()
        #expect(try await offLoop(abandonAfter: .seconds(3600)) { 5 } == 5)
        struct Broken: Error {}
        await #expect(throws: Broken.self) { try await offLoop(abandonAfter: .seconds(3600)) { throw Broken() } }
    }

    @Test func `durations round up to whole milliseconds and never overflow`() {
        #expect(Duration.zero.milliseconds == 0)
        #expect(Duration.nanoseconds(1).milliseconds == 1)
        #expect(Duration.milliseconds(1500).milliseconds == 1500)
        #expect(Duration.milliseconds(-5).milliseconds == 0)
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
        #expect((Duration.seconds(9_223_372_036_854_775) + .milliseconds(999)).milliseconds == .max)
    }
}

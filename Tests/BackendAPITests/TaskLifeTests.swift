import Testing
import Wire

@testable import BackendAPI

/// What becomes of a task after each thing that can happen to it.
@Suite struct TaskLifeTests {
    @Test(arguments: [
        (GenerationFailure.Kind.input, false), (.failed, false), (.deadline, false), (.unavailable, true),
        (.lost, true),
        (.transient, true), (.interrupted, true),
    ])
    func `only what may pass is tried again`(kind: GenerationFailure.Kind, isTriedAgain: Bool) {
        var life = TaskLife(state: .running, attempt: 1)
        let decision = life.observe(.failure(GenerationFailure(kind, "why")))
        #expect((decision == .failed("why")) == !isTriedAgain)
    }

    @Test(arguments: [TaskLife.Event.connectionLost, .restart, .failure(GenerationFailure(.unavailable, "away"))])
    func `the death of a service uses up no attempt`(event: TaskLife.Event) {
        var life = TaskLife(state: .running, attempt: TaskLife.maxAttempts)
        #expect(life.observe(event) == .sameAttempt)
    }

    @Test func `attempts are bounded`() {
        var life = TaskLife(state: .running, attempt: TaskLife.maxAttempts)
        #expect(life.observe(.failure(GenerationFailure(.lost, "gone"))) == .failed("gone"))
    }

    @Test func `a cancelled task is never run again`() {
        var life = TaskLife(state: .running, attempt: 1)
        #expect(life.observe(.cancel) == .interrupt)
        #expect(life.observe(.connectionLost) == .cancelled)
    }

    @Test(arguments: [TaskState.done, .failed, .cancelled])
    func `what has ended stays ended`(state: TaskState) {
        var life = TaskLife(state: state, attempt: 1)
        #expect(life.observe(.cancel) == .tooLate)
    }

    @Test func `ranges of bytes`() {
        #expect(ByteRange.read("bytes=0-0", size: 10) == .part(0..<1))
        #expect(ByteRange.read("bytes=-3", size: 10) == .part(7..<10))
        #expect(ByteRange.read("bytes=5-", size: 10) == .part(5..<10))
        #expect(ByteRange.read("bytes=10-", size: 10) == .unsatisfiable)
        #expect(ByteRange.read("bytes=5-2", size: 10) == .whole)
        #expect(ByteRange.read("lines=1-2", size: 10) == .whole)
    }
}

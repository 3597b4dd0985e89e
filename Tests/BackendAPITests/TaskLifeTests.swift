import Loop
import Testing
import Wire

@testable import BackendAPI

@Suite struct TaskLifeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var state = TaskState.running
        var attempt = 1
        var isCancelling = false
        var interruptions = 0
        let event: TaskLife.Event
        let decision: TaskLife.Decision

        var testDescription: String { "\(state) \(attempt) \(isCancelling) \(event)" }
    }

    private static func failure(_ kind: GenerationFailure.Kind) -> TaskLife.Event {
        .failure(GenerationFailure(kind, "why"))
    }

    static let cases: [Case] = [
        Case(event: .result, decision: .done),
        // Nobody's death uses up an attempt, however often.
        Case(event: .connectionLost, decision: .sameAttempt(after: .milliseconds(500))),
        Case(attempt: 4, event: .connectionLost, decision: .sameAttempt(after: .milliseconds(500))),
        Case(attempt: 4, event: failure(.unavailable), decision: .sameAttempt(after: .milliseconds(500))),
        Case(attempt: 4, event: .restart, decision: .sameAttempt(after: .zero)),
        // A pod that asks for time is given it, within reason.
        Case(event: .busy(nil), decision: .sameAttempt(after: .milliseconds(500))),
        Case(event: .busy(.seconds(7)), decision: .sameAttempt(after: .seconds(7))),
        Case(event: .busy(.seconds(86_400)), decision: .sameAttempt(after: .seconds(60))),
        // Waiting has a deadline; running has another.
        Case(state: .queued, event: .waitedTooLong, decision: .failed("It waited too long for a GPU.")),
        Case(event: .waitedTooLong, decision: .goOn),
        // A known end raises it.
        Case(event: failure(.lost), decision: .nextAttempt(after: .zero)),
        Case(event: .fileGone, decision: .nextAttempt(after: .zero)),
        Case(event: failure(.transient), decision: .nextAttempt(after: .seconds(1))),
        Case(attempt: 3, event: failure(.transient), decision: .nextAttempt(after: .seconds(4))),
        Case(attempt: 4, event: failure(.transient), decision: .failed("why")),
        Case(attempt: 4, event: failure(.lost), decision: .failed("why")),
        Case(event: failure(.interrupted), decision: .nextAttempt(after: .seconds(1))),
        Case(interruptions: 1, event: failure(.interrupted), decision: .failed("why")),
        // What the input caused is never tried again.
        Case(event: failure(.input), decision: .failed("why")),
        Case(event: failure(.failed), decision: .failed("why")),
        Case(event: failure(.deadline), decision: .failed("why")),
        Case(event: .refused("no"), decision: .failed("no")),
        // Cancelling.
        Case(state: .queued, event: .cancel, decision: .cancelled),
        Case(event: .cancel, decision: .interrupt),
        Case(event: failure(.cancelled), decision: .cancelled),
        Case(isCancelling: true, event: failure(.transient), decision: .cancelled),
        Case(isCancelling: true, event: failure(.lost), decision: .cancelled),
        Case(isCancelling: true, event: .connectionLost, decision: .cancelled),
        Case(isCancelling: true, event: .busy(nil), decision: .cancelled),
        Case(isCancelling: true, event: .restart, decision: .cancelled),
        Case(isCancelling: true, event: .fileGone, decision: .cancelled),
        Case(isCancelling: true, event: .result, decision: .done),
        // An end is an end.
        Case(state: .done, event: .cancel, decision: .tooLate),
        Case(state: .failed, event: .result, decision: .tooLate),
        Case(state: .cancelled, event: failure(.transient), decision: .tooLate),
    ]

    @Test(arguments: cases) func `each event has one decision`(_ one: Case) {
        var life = TaskLife(
            state: one.state, attempt: one.attempt, isCancelling: one.isCancelling, interruptions: one.interruptions)
        #expect(life.observe(one.event) == one.decision)
    }

    @Test func `the second interruption by somebody else ends the task`() {
        var life = TaskLife(state: .running, attempt: 1)
        #expect(life.observe(Self.failure(.interrupted)) == .nextAttempt(after: .seconds(1)))
        life.attempt = 2
        #expect(life.observe(Self.failure(.interrupted)) == .failed("why"))
    }

    @Test func `a second shortage of memory ends the task, with the first cause`() {
        var life = TaskLife(state: .running, attempt: 1)
        #expect(life.observe(.failure(GenerationFailure(.memory, "full"))) == .nextAttempt(after: .seconds(1)))
        life.attempt = 2
        #expect(life.observe(.failure(GenerationFailure(.memory, "full again"))) == .failed("full"))
    }

    @Test func `a cancel is remembered by what follows`() {
        var life = TaskLife(state: .running, attempt: 1)
        #expect(life.observe(.cancel) == .interrupt)
        #expect(life.observe(Self.failure(.transient)) == .cancelled)
    }

    @Test func `the client is told the first cause of several`() {
        var life = TaskLife(state: .running, attempt: 3)
        #expect(life.observe(.failure(GenerationFailure(.transient, "first"))) == .nextAttempt(after: .seconds(4)))
        life.attempt = 4
        #expect(life.observe(.failure(GenerationFailure(.lost, "second"))) == .failed("first"))
        var other = TaskLife(state: .queued, attempt: 2, cause: "first")
        #expect(other.observe(.waitedTooLong) == .failed("first"))
    }

    @Test func `a failure for good is told as it is, whatever came before`() {
        var life = TaskLife(state: .running, attempt: 2, cause: "first")
        #expect(life.observe(.failure(GenerationFailure(.failed, "broken"))) == .failed("broken"))
    }

    @Test(arguments: [(0.0, 500), (0.5, 750), (1.0, 1000)])
    func `pauses are spread over their upper half`(jitter: Double, milliseconds: Int) {
        var life = TaskLife(state: .running, attempt: 1, jitter: jitter)
        #expect(life.observe(Self.failure(.transient)) == .nextAttempt(after: .milliseconds(milliseconds)))
    }
}

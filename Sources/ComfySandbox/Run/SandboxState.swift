import Foundation
import Loop

/// Everything that a restart forgets.
@LoopActor
final class SandboxState {
    var queue = PromptQueue()
    var history = History()
    var log = RunLog()
    private(set) var faults = FaultList()
    /// Set by `/interrupt`, looked at between nodes and at each step.
    var isInterrupted = false
    /// Set by `/free`, looked at before the next prompt.
    var mustForget = false

    /// One element whenever there may be work.
    let wakeUps: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private var faultsCleared = LoopEvent()

    init() { (wakeUps, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func wake() { waker.yield() }

    func add(_ new: [Fault]) throws(FaultProblem) { try faults.add(new) }

    /// Lets go of everything that hangs or is frozen.
    func clearFaults() {
        faults.clear()
        faultsCleared.signal()
        faultsCleared = LoopEvent()
    }

    func fault(_ kind: Fault.Kind, path: String) -> Fault? { faults.take(kind, path: path) }

    func fault(_ kind: Fault.Kind, prompt: QueuedPrompt, step: Int? = nil) -> Fault? {
        faults.take(kind, prompt: prompt, step: step)
    }

    /// Returns when the faults are cleared.
    func waitUntilCleared() async throws { try await faultsCleared.wait() }

    /// Milliseconds since 1970.
    nonisolated static var now: Int { Int(Date().timeIntervalSince1970 * 1000) }
}

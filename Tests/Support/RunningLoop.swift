internal import Foundation
internal import Loop

/// The loop, on a thread of its own for as long as the test process lives.
private let runningLoop: Void = {
    prepareProcess()
    Thread.detachNewThread {
        do {
            try EventLoop.shared.run { try await LoopEvent().wait() }
        } catch {
            preconditionFailure("the loop ended: \(error)")
        }
    }
}()

/// Starts the loop, once; every suite that uses it calls this in its `init`.
public func startLoop() { runningLoop }

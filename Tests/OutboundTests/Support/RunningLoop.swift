import Foundation
import Loop

/// Starts the event loop on a thread of its own, once in the process.
func startLoop() { _ = runningLoop }

private let runningLoop: Void = {
    let thread = Thread { try? EventLoop.shared.run { try await LoopEvent().wait() } }
    thread.start()
}()

/// Lets everything that is due on the loop happen until `condition` holds.
@LoopActor
func until(_ condition: @LoopActor () -> Bool) async throws {
    repeat { try await sleep(for: .milliseconds(1)) } while !condition()
}

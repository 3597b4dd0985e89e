import Loop

/// Lets everything that is due on the loop happen until `condition` holds.
@LoopActor
func until(_ condition: @LoopActor () -> Bool) async throws {
    repeat { try await sleep(for: .milliseconds(1)) } while !condition()
}

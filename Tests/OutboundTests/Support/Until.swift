import Loop

/// Lets what is due on the loop happen until `condition` holds.
@LoopActor
func until(_ condition: @LoopActor () -> Bool) async throws {
    repeat { try await sleep(for: .milliseconds(1)) } while !condition()
}

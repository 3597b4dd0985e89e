/// Isolation to the event loop's thread: what `@MainActor` is to a user interface, for a service.
@globalActor
public actor LoopActor {
    public static let shared = LoopActor()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        EventLoop.shared.asUnownedSerialExecutor()
    }

    /// Enters the actor from a C callback, which the loop has called on its own thread.
    ///
    /// - Precondition: the caller is on the loop's thread.
    public static func assumeIsolated<Result: Sendable>(
        _ operation: @LoopActor () throws -> Result
    ) rethrows -> Result {
        EventLoop.shared.checkIsolated()
        return try withoutActuallyEscaping(operation) { operation in
            // The isolation of a function is no part of its calling convention, so only the type changes here.
            try unsafeBitCast(operation, to: (() throws -> Result).self)()
        }
    }
}

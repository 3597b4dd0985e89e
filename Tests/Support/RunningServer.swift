public import HTTP
internal import Loop

/// Runs `body` against a server on a free port of 127.0.0.1, and stops it afterwards.
@LoopActor
public func withServer<Result: Sendable>(
    limits: ServerLimits = .default, _ routes: @LoopActor (Router) -> Void,
    _ body: @LoopActor (HTTPServer) async throws -> Result
) async throws -> Result {
    let router = Router()
    routes(router)
    let server = try HTTPServer(host: "127.0.0.1", port: 0, router: router, limits: limits)
    let run = Task(executorPreference: EventLoop.shared) { await server.run() }
    do {
        let result = try await body(server)
        await server.stop(grace: .zero)
        await run.value
        return result
    } catch {
        await server.stop(grace: .zero)
        await run.value
        throw error
    }
}

/// Sends `text` to such a server and gives back all it says until it closes.
@LoopActor
public func exchange(
    _ text: String, limits: ServerLimits = .default, _ routes: @LoopActor (Router) -> Void
) async throws -> String {
    try await withServer(limits: limits, routes) { server in
        let peer = try await RawPeer.connect(port: server.port)
        try await peer.send(text)
        return try await peer.rest()
    }
}

/// Waits until `value` has stopped growing, and gives it back: a stalled sender has no event to wait for.
@LoopActor
public func settled(_ value: @LoopActor () -> Int) async throws -> Int {
    var last = -1
    while last != value() || last == 0 {
        last = value()
        try await sleep(for: .milliseconds(100))
    }
    return last
}

/// Lets everything that is due on the loop happen until `condition` holds.
@LoopActor
public func until(_ condition: @LoopActor () -> Bool) async throws {
    while !condition() { try await sleep(for: .milliseconds(1)) }
}

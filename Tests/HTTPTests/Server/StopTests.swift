import HTTP
import HTTPTypes
import Loop
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct StopTests {
    init() { startLoop() }

    @Test @LoopActor func `an idle connection closes at once, one in flight ends`() async throws {
        let (entered, goOn) = (LoopEvent(), LoopEvent())
        try await withServer({ router in
            router.on(.get, "/") { _ in
                entered.signal()
                try await goOn.wait()
                return .text("done")
            }
        }) { server in
            let port = server.port
            let idle = try await RawPeer.connect(port: port)
            let busy = try await RawPeer.connect(port: port)
            try await busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try await entered.wait()
            try await until { server.connectionCount == 2 }
            let stopping = Task { @LoopActor in await server.stop(grace: .seconds(3600)) }
            #expect(try await idle.rest() == "")
            await #expect(throws: LibuvError.self) { try await RawPeer.connect(port: port) }
            goOn.signal()
            let answer = try await busy.answer()
            #expect(answer?.text == "done" && answer?.closes == true)
            await stopping.value
        }
    }

    @Test @LoopActor func `after the grace what is left is cut, and its handler cancelled`() async throws {
        let (entered, cancelled) = (LoopEvent(), LoopEvent())
        try await withServer({ router in
            router.on(.get, "/") { _ in
                entered.signal()
                do { try await LoopEvent().wait() } catch { cancelled.signal() }
                return .text("never")
            }
        }) { server in
            let peer = try await RawPeer.connect(port: server.port)
            try await peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try await entered.wait()
            await server.stop(grace: .milliseconds(20))
            try await cancelled.wait()
            #expect(((try? await peer.rest()) ?? "") == "")
        }
    }

    @Test @LoopActor func `cancelling run stops the server`() async throws {
        let router = Router()
        let server = try HTTPServer(host: "127.0.0.1", port: 0, router: router)
        let run = Task { @LoopActor in await server.run() }
        let peer = try await RawPeer.connect(port: server.port)
        try await until { server.connectionCount == 1 }
        run.cancel()
        await run.value
        #expect(((try? await peer.rest()) ?? "") == "")
        #expect(server.connectionCount == 0)
    }

    @Test @LoopActor func `a server stopped before it runs does not run`() async throws {
        let server = try HTTPServer(host: "127.0.0.1", port: 0, router: Router())
        await server.stop(grace: .seconds(3600))
        await server.run()
    }

    @Test @LoopActor func `a taken port is told with its call`() async throws {
        try await withServer({ _ in }) { server in
            let error = #expect(throws: LibuvError.self) {
                try HTTPServer(host: "127.0.0.1", port: server.port, router: Router())
            }
            #expect(error?.description.contains("uv_listen") == true)
        }
    }
}

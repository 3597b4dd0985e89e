import Foundation
import HTTPTypes
import Loop
import TestSupport
import Testing

@testable import HTTP

@Suite struct SmokeTests {
    init() { startLoop() }

    @Test @LoopActor func `a request is answered`() async throws {
        let router = Router()
        router.on(.get, "/hello/{name}") { .text("hello \($0.parameters["name"] ?? "?")") }
        router.on(.post, "/echo", bodyLimit: 10) { .text(String(decoding: try await $0.body.collect(), as: UTF8.self)) }
        let server = try HTTPServer(host: "127.0.0.1", port: 0, router: router)
        let run = Task { await server.run() }
        let peer = try await TCPConnection.connect(host: "localhost", port: server.port, timeout: .seconds(5))
        try await peer.write(
            Array(
                "GET /hello/you HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nabcdefghijkGET /hello/again HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                    .utf8))
        var got: [UInt8] = []
        while let bytes = try await peer.read() { got += bytes }
        let text = String(decoding: got, as: UTF8.self)
        #expect(text.contains("hello you"))
        #expect(text.contains("\r\n\r\nabc"))
        #expect(text.contains("413"))
        #expect(text.contains("hello again"))
        await server.stop(grace: .seconds(1))
        await run.value
    }
}

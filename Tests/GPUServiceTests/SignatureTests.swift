import HTTP
import HTTPTypes
import Loop
import TestSupport
import Testing
import Wire

@testable import GPUService

/// The door between the services, over a real socket.
@Suite struct SignatureTests {
    init() { startLoop() }

    private static let secret = "a secret of both services"
    private static let start: Int64 = 1_700_000_000

    /// A time that the test sets.
    @LoopActor private final class Clock { var now = SignatureTests.start }

    @LoopActor private func withDoor(
        _ body: @LoopActor (_ clock: Clock, _ send: @LoopActor (String) async throws -> RawAnswer) async throws -> Void
    ) async throws {
        let clock = Clock()
        try await withServer { router in
            router.use(SignatureMiddleware(secret: Self.secret) { clock.now })
            router.on(.post, "/generate") { request in
                .text(String(decoding: try await request.body.collect(), as: UTF8.self))
            }
            for path in ["/health", "/health/ready", "/healthy", "/metrics"] {
                router.on(.get, path) { _ in .text("open") }
            }
        } _: { server in
            let port = server.port
            try await body(clock) { text in
                let peer = try await RawPeer.connect(port: port)
                defer { peer.close() }
                try await peer.send(text)
                return try #require(try await peer.answer())
            }
        }
    }

    private static func request(
        _ target: String = "/generate", _ body: String = "{}", signedAs signedBody: String? = nil, nonce: String = "a",
        at created: Int64 = start, by secret: String = secret
    ) -> String {
        let signature = MessageSignature(
            method: "POST", target: target, body: Array((signedBody ?? body).utf8), created: created, nonce: nonce,
            secret: secret)
        return """
            POST \(target) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r
            Signature-Input: \(signature.inputField)\r\nSignature: \(signature.signatureField)\r
            Content-Digest: \(signature.digest)\r\n\r\n\(body)
            """
    }

    @LoopActor @Test func `a signed request is served, once`() async throws {
        try await withDoor { clock, send in
            let request = Self.request()
            let first = try await send(request)
            #expect(first.status == 200)
            #expect(first.text == "{}")
            let replayed = try await send(request)
            #expect(replayed.status == 401)
            #expect(replayed.text.contains("came before"))
            clock.now += 100
            #expect(try await send(request).status == 401)
            clock.now += 100
            #expect(try await send(request).text.contains("200 s ago"))
            #expect(try await send(Self.request(nonce: "b", at: clock.now)).status == 200)
        }
    }

    @LoopActor @Test func `nothing else is`() async throws {
        try await withDoor { _, send in
            for (request, word) in [
                ("POST /generate HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", "not signed"),
                (Self.request(by: "another"), "signature is wrong"),
                (Self.request().replacing("POST /generate", with: "POST /generate?x=1"), "signature is wrong"),
                (Self.request("/generate", "[]", signedAs: "{}", nonce: "b"), "not the one that was signed"),
                (Self.request("/generate", "", signedAs: "{}", nonce: "c"), "not the one that was signed"),
                (Self.request(at: Self.start - 1), "before this service started"),
                (Self.request(at: Self.start + 121), "clocks differ"),
                ("GET /healthy HTTP/1.1\r\nHost: x\r\n\r\n", "not signed"),
            ] {
                let answer = try await send(request)
                #expect(answer.status == 401, "\(word)")
                #expect(answer.text.contains(word), "\(answer.text)")
                #expect(answer.header("WWW-Authenticate") == "Signature")
            }
            // A request that nobody with the secret signed has used up no nonce.
            #expect(try await send(Self.request()).status == 200)
        }
    }

    @LoopActor @Test func `health is open to all, metrics to this machine`() async throws {
        try await withDoor { _, send in
            for path in ["/health", "/health/ready", "/metrics"] {
                let answer = try await send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(answer.status == 200)
            }
            for field in ["X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1"] {
                let proxied = try await send("GET /metrics HTTP/1.1\r\nHost: x\r\n\(field)\r\n\r\n")
                #expect(proxied.status == 401, "a proxy on this machine asks for another")
            }
            let post = try await send("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            #expect(post.status == 401)
        }
    }

    @Test(
        arguments: zip(
            ["127.0.0.1", "::1", "::ffff:127.0.0.1", "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "::ffff:"],
            [true, true, true, false, false, false, false]))
    func `a machine knows itself by any of its addresses`(address: String, isHere: Bool) {
        #expect(SignatureMiddleware.isFromHere(address, [:]) == isHere)
    }
}

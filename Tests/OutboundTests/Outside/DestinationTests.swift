import HTTPTypes
import Loop
import Outbound
import TestSupport
import Testing

@Suite struct DestinationTests {
    init() { startLoop() }

    @LoopActor @Test(arguments: ["localhost", "LocalHost"])
    func `a name that leads to a private address is not connected to`(host: String) async throws {
        let peer = try Peer { try await $0.serve { _ in "secret" } }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let url = "https://\(host):\(peer.port)/"
        let error = await #expect(throws: TransportError.self) {
            try await client.send(ClientRequest(url: url, destination: .outside(OutsideURLRules())))
        }
        #expect(error?.kind == .notPublic)
        #expect(error?.detail?.contains("public internet") == true)
        #expect(peer.connections.isEmpty)
        // To who gave the URL it is as good as a name that does not exist.
        let name = String(repeating: "a", count: 64) + ".invalid"
        let nowhere = await #expect(throws: TransportError.self) {
            try await client.send(
                ClientRequest(url: "https://\(name):\(peer.port)/", destination: .outside(OutsideURLRules())))
        }
        #expect(nowhere?.message == error?.message.replacing("\(host):", with: "\(name):"))
    }

    @LoopActor @Test func `a URL that the rules refuse is not asked`() async throws {
        let peer = try Peer { try await $0.serve { _ in "secret" } }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        for url in [peer.url(), "https://127.0.0.1:\(peer.port)/"] {
            await #expect(throws: TransportError.self) {
                try await client.send(ClientRequest(url: url, destination: .outside(OutsideURLRules())))
            }
        }
        #expect(peer.connections.isEmpty)
    }

    @LoopActor @Test func `a connection that was kept is no way round`() async throws {
        let peer = try Peer { connection in try await connection.serve { _ in "connection \(connection.number)" } }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let url = peer.url(host: "localhost")
        #expect(try await text(of: ClientRequest(url: url), client) == "connection 0")
        var rules = OutsideURLRules()
        rules.allowsHTTP = true
        let error = await #expect(throws: TransportError.self) {
            try await client.send(ClientRequest(url: url, destination: .outside(rules)))
        }
        #expect(error?.kind == .notPublic)
        #expect(peer.connections.count == 1)
        // The next one of our own is none the worse.
        #expect(try await text(of: ClientRequest(url: url), client).hasPrefix("connection "))
    }

    @LoopActor @Test func `private addresses and allowed hosts are asked`() async throws {
        let peer = try Peer { try await $0.serve { _ in "hello" } }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        for rules in [OutsideURLRules(allowPrivate: true), OutsideURLRules(allowedHosts: ["localhost"])] {
            let request = ClientRequest(url: peer.url(host: "localhost"), destination: .outside(rules))
            #expect(try await text(of: request, client) == "hello")
        }
    }

    @LoopActor @Test func `a redirect is the answer`() async throws {
        let peer = try Peer { connection in
            while try await connection.head() != nil {
                try await connection.send("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
            }
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let answer = try await client.send(
            ClientRequest(
                url: peer.url(), followRedirects: 5, destination: .outside(OutsideURLRules(allowPrivate: true))))
        #expect(answer.status == 302)
        #expect(answer.headers[.location] == "/elsewhere")
    }

    @LoopActor
    private func text(of request: ClientRequest, _ client: HTTPClient) async throws -> String {
        String(decoding: try await client.send(request).collect(), as: UTF8.self)
    }
}

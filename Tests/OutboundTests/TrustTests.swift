import Glibc
import HTTPTypes
import Loop
import TestSupport
import Testing

@testable import Outbound

/// Whose certificates are believed.
@Suite struct TrustTests {
    init() { startLoop() }

    /// The status that a client gets which trusts that file, or the error.
    @LoopActor
    private func ask(_ server: TLSServer, trusting file: String) async throws -> Result<Int, TransportError> {
        var configuration = HTTPClient.Configuration()
        configuration.trustedAuthorities = file
        let client = HTTPClient(configuration: configuration)
        defer { client.close() }
        do {
            let answer = try await client.send(ClientRequest(url: server.url))
            #expect(try await !answer.collect(upTo: 1 << 20).isEmpty)
            return .success(answer.status)
        } catch let error as TransportError { return .failure(error) }
    }

    @LoopActor
    @Test(.enabled(if: TLSServer.tool != nil, "openssl, which makes certificates and serves, is not installed"))
    func `a certificate is believed if the file's authorities vouch for it, and else refused`() async throws {
        let server = try await offLoop { try TLSServer() }
        defer { server.stop() }
        #expect(try await ask(server, trusting: server.authority) == .success(200))
        // Another authority's file; those of the machine; a file that is not there.
        for file in [server.stranger, "", server.authority + ".gone"] {
            let answer = try await ask(server, trusting: file)
            guard case .failure(let error) = answer else {
                Issue.record("\(file): \(answer)")
                continue
            }
            #expect(error.kind == .cannotConnect, "\(error)")
            #expect(error.message.contains("cert"), "\(error)")
        }
        // The refusals have not spoilt it.
        #expect(try await ask(server, trusting: server.authority) == .success(200))
    }

    @Test func `the file is the one that SSL_CERT_FILE names`() async {
        await #expect(processExitsWith: .success) {
            setenv("SSL_CERT_FILE", "/authorities.pem", 1)
            guard HTTPClient.Configuration().trustedAuthorities == "/authorities.pem" else { exit(1) }
        }
        await #expect(processExitsWith: .success) {
            unsetenv("SSL_CERT_FILE")
            guard HTTPClient.Configuration().trustedAuthorities.isEmpty else { exit(1) }
        }
    }
}

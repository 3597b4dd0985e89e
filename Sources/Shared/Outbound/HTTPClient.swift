internal import Glibc
public import Loop

/// HTTP/1.1 to other services, by libcurl's multi interface on the loop (<https://curl.se/libcurl/c/libcurl-multi.html>).
///
/// Connections are kept and used again. No cookies, no decompression, and no proxy: the environment's `http_proxy` is
/// ignored, since services here talk to each other directly.
///
/// **What is repeated.** A kept connection may be closed by the peer at the moment when it is used again. If not one byte
/// of an answer came over such a connection, libcurl sends a request anew over a fresh one, but here only when it can do
/// no harm: GET, HEAD, PUT, DELETE, OPTIONS and TRACE (RFC 9110, section 9.2.2), with no streamed body. A POST or PATCH
/// is sent once; when its answer is lost it fails as `.interrupted`, and its sender must look whether it was acted on.
@LoopActor
public final class HTTPClient {
    private let multi: CurlMulti
    private let configuration: Configuration

    /// What holds for all requests of a client.
    public struct Configuration: Sendable {
        /// Connections at once to one host and port; further requests wait, and their idle timeout runs. 0 sets no limit.
        public var maxConnectionsPerHost: Int
        /// Connections kept open while unused, over all hosts.
        public var maxIdleConnections: Int
        /// Sent with requests that name none.
        public var userAgent: String
        /// The file of the authorities that https trusts, in PEM; empty: where libcurl's distribution keeps them.
        var trustedAuthorities = environmentAuthorities

        /// The file that the environment names as OpenSSL's own programs take it: on a bare machine nothing is kept where
        /// libcurl looks.
        private static let environmentAuthorities = getenv("SSL_CERT_FILE").map { String(cString: $0) } ?? ""

        public init(maxConnectionsPerHost: Int = 256, maxIdleConnections: Int = 64, userAgent: String = "Easel") {
            self.maxConnectionsPerHost = maxConnectionsPerHost
            self.maxIdleConnections = maxIdleConnections
            self.userAgent = userAgent
        }
    }

    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
        multi = CurlMulti(configuration)
    }

    isolated deinit { close() }

    /// Sends a request and returns when the head of the final answer is there; the body may still be on its way, and so
    /// may the rest of the request. The client must be kept until the body is read.
    ///
    /// - Throws: ``TransportError``; what the request's body throws; `CancellationError` when the task is cancelled,
    ///   which ends the transfer and closes its connection.
    public func send(_ request: ClientRequest) async throws -> ClientResponse {
        try Task.checkCancellation()
        let transfer = try Transfer(request, on: multi, configuration)
        let head = try await transfer.run()
        return ClientResponse(transfer, head: head, of: request)
    }

    /// Ends all transfers (`.interrupted`) and closes all connections. Safe to call twice.
    public func close() { multi.close() }
}

public import HTTPTypes
internal import Loop

extension HTTPClient {
    /// Asks a URL from outside, and follows its redirects (RFC 9110, section 15.4) one by one, so that the rules see each
    /// step.
    ///
    /// - Parameter redirects: how many are followed.
    /// - Returns: the first answer that is no redirect, whatever its status.
    /// - Throws: ``TransportError``, of the kind `.badURL` for redirects too many or to nowhere, with the end of a sentence
    ///   that does not repeat the URL where it is of the kind `.badURL` or `.notPublic`; `CancellationError`.
    public func get(
        outside url: String, under rules: OutsideURLRules, headers: HTTPFields = [:],
        timeouts: ClientRequest.Timeouts, redirects: Int
    ) async throws -> ClientResponse {
        var url = try rules.check(url)
        for _ in 0...redirects {
            let response = try await send(
                ClientRequest(url: url.text, headers: headers, timeouts: timeouts, destination: .outside(rules)))
            guard [301, 302, 303, 307, 308].contains(response.status) else { return response }
            guard let location = response.headers[.location] else {
                throw TransportError(.badURL, "the URL redirects to nowhere")
            }
            url = try rules.check(try url.resolving(location))
        }
        throw TransportError(.badURL, "the URL redirects more than \(redirects) times")
    }
}

/// Which URLs from outside (webhooks, results of providers, images to fetch) may be asked: https, no credentials, and
/// addresses of the public internet alone, so that nobody reaches through us what only we can reach.
///
/// ``check(_:)`` judges what the URL says. The address that its name leads to is judged when the connection is made
/// (``ClientRequest/destination``): a name that meant another address a moment ago changes nothing.
public struct OutsideURLRules: Sendable, Equatable {
    /// Also plain http.
    public var allowsHTTP: Bool
    /// Also addresses that are not public.
    public var allowsPrivateAddresses: Bool
    /// Hosts that may be asked at any address and with http: those of configured base URLs. In lower case, as
    /// ``OutsideURL/host`` gives them.
    public var allowedHosts: Set<String>

    /// - Parameter allowPrivate: as the settings `ALLOW_PRIVATE_…_URLS` do, for tests: http and any address.
    public init(allowPrivate: Bool = false, allowedHosts: Set<String> = []) {
        allowsHTTP = allowPrivate
        allowsPrivateAddresses = allowPrivate
        self.allowedHosts = allowedHosts
    }

    /// - Throws: ``TransportError`` `.badURL` or `.notPublic`, with the end of a sentence that begins with "the URL …" or
    ///   stands alone; it does not repeat the URL.
    @discardableResult
    public func check(_ text: String) throws(TransportError) -> OutsideURL {
        let url = try OutsideURL(text)
        guard !url.hasCredentials else {
            throw TransportError(.badURL, "the URL must not hold a user name or a password")
        }
        guard !allowedHosts.contains(url.host) else { return url }
        guard allowsHTTP || url.scheme == "https" else {
            throw TransportError(.badURL, "the URL must begin with https://")
        }
        if !allowsPrivateAddresses, let address = NetworkAddress(url.host), !address.isPublic {
            throw TransportError(.notPublic, "the URL's host \(url.host) is not an address of the public internet")
        }
        return url
    }

    /// Whether the addresses that this host leads to matter.
    func judgesAddresses(of url: RequestURL) -> Bool { !allowsPrivateAddresses && !allowedHosts.contains(url.host) }
}

/// A URL that came from outside, taken apart; ``OutsideURLRules`` say whether it may be asked.
public struct OutsideURL: Sendable {
    public let text: String
    /// "http" or "https".
    public let scheme: String
    /// A name, "192.0.2.1" or "[2001:db8::1]", in lower case.
    public let host: String
    /// Host and port: "example.com:443".
    public let peer: String
    let hasCredentials: Bool

    /// - Throws: ``TransportError`` `.badURL`, with a sentence that does not repeat the URL.
    public init(_ text: String) throws(TransportError) {
        let parsed = try RequestURL(text)
        self.text = parsed.text
        scheme = parsed.scheme
        host = parsed.host
        peer = parsed.peer
        hasCredentials = parsed.hasCredentials
    }

    /// For people: credentials and the values of the query, which may be secrets, are `***`, and the fragment is left
    /// out.
    public var shown: String {
        let whole = withoutCredentials.prefix { $0 != "#" }
        guard let mark = whole.firstIndex(of: "?") else { return String(whole) }
        let pairs = whole[whole.index(after: mark)...].split(separator: "&").map { pair in
            pair.firstIndex(of: "=").map { pair[...$0] + "***" } ?? "***"
        }
        return whole[...mark] + pairs.joined(separator: "&")
    }

    /// Where a redirect leads.
    ///
    /// - Parameter location: an absolute URL, or a reference relative to this one (RFC 3986, section 5).
    /// - Throws: ``TransportError`` `.badURL`.
    public func resolving(_ location: String) throws(TransportError) -> String {
        try RequestURL.resolve(location, against: text)
    }

    private var withoutCredentials: String {
        guard hasCredentials, let at = text.firstIndex(of: "@") else { return text }
        return "\(scheme)://***" + text[at...]
    }
}

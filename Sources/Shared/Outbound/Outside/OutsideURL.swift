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

    /// For people: the values of the query, which may be secrets, are `***`, and the fragment is left out.
    public var shown: String {
        let whole = text.prefix { $0 != "#" }
        guard let mark = whole.firstIndex(of: "?") else { return String(whole) }
        let pairs = whole[whole.index(after: mark)...].split(separator: "&").map { pair in
            pair.firstIndex(of: "=").map { pair[...$0] + "***" } ?? "***"
        }
        return whole[...mark] + pairs.joined(separator: "&")
    }
}

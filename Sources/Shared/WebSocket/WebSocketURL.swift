/// A `ws` URL taken apart (RFC 6455 §3).
struct WebSocketURL: Sendable, Equatable {
    let host: String
    let port: Int
    let target: String

    /// Host and port, as messages and the `Host` field name them.
    var peer: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    init(_ url: String) throws(WebSocketError) {
        guard !url.lowercased().hasPrefix("wss:") else {
            throw WebSocketError(.badURL, "wss:// cannot be connected to, only ws://")
        }
        guard url.lowercased().hasPrefix("ws://"), url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw WebSocketError(.badURL, "only ws:// URLs in ASCII can be connected to")
        }
        let rest = url.dropFirst(5)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let path = rest[end...].prefix { $0 != "#" }
        target = path.hasPrefix("/") ? String(path) : "/" + path
        (host, port) = try Self.split(rest[..<end])
    }

    private static func split(_ authority: Substring) throws(WebSocketError) -> (host: String, port: Int) {
        var name = authority
        var number = 80
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("]") {
            guard let given = Int(name[name.index(after: colon)...]), (1...65_535).contains(given) else {
                throw WebSocketError(.badURL, "a port that is none")
            }
            number = given
            name = name[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        guard !name.isEmpty, !name.contains("@") else { throw WebSocketError(.badURL, "a host that is none") }
        return (String(name), number)
    }
}

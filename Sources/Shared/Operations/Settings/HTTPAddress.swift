/// Where a service is: `scheme://[user@]host[:port][/path]` (RFC 3986), with no query and no fragment.
enum HTTPAddress {
    /// The address without slashes at its end; nil when it is none.
    static func parse(_ text: String) -> String? {
        guard let marker = text.firstRange(of: "://") else { return nil }
        guard ["http", "https"].contains(text[..<marker.lowerBound].lowercased()) else { return nil }
        guard text.utf8.allSatisfy(isPlain) else { return nil }
        let rest = text[marker.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        let place = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard isHostAndPort(place) else { return nil }
        var address = text[...]
        while address.last == "/" { address.removeLast() }
        return String(address)
    }

    private static func isHostAndPort(_ place: Substring) -> Bool {
        let host: Substring
        let port: Substring
        if place.first == "[" {
            guard let end = place.firstIndex(of: "]") else { return false }
            host = place[place.index(after: place.startIndex)..<end]
            port = place[place.index(after: end)...]
        } else {
            host = place.prefix { $0 != ":" }
            port = place[host.endIndex...]
        }
        guard !host.isEmpty else { return false }
        guard !port.isEmpty else { return true }
        guard port.first == ":", port.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return Int(port.dropFirst()).map((1...65535).contains) ?? false
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"?#\"<>\\^`{|}".utf8.contains(byte)
    }
}

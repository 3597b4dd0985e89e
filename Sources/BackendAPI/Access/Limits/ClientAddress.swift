import Outbound

/// All addresses that begin with the same bits, such as "10.0.0.0/8"; one address is a block of its own.
struct AddressBlock: Sendable, Equatable {
    private let first: [UInt8]
    private let bits: Int

    /// - Returns: nil for what is neither an address nor a block.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = NetworkAddress(String(parts[0])) else { return nil }
        first = address.unmapped.bytes
        guard parts.count == 2 else {
            bits = first.count * 8
            return
        }
        let isMapped = address.bytes.count > first.count
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]),
            ((isMapped ? 96 : 0)...address.bytes.count * 8).contains(length)
        else { return nil }
        bits = isMapped ? length - 96 : length
    }

    func contains(_ address: NetworkAddress) -> Bool {
        let bytes = address.unmapped.bytes
        guard bytes.count == first.count else { return false }
        return (0..<bits).allSatisfy { bit in
            (bytes[bit / 8] ^ first[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }
}

extension NetworkAddress {
    /// The IPv4 address of one that is mapped into IPv6 (RFC 4291, section 2.5.5.2), as a socket for both gives it.
    var unmapped: NetworkAddress {
        guard bytes.count == 16, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF else {
            return self
        }
        return NetworkAddress(bytes: Array(bytes[12...])) ?? self
    }

    var isLoopback: Bool {
        let bytes = unmapped.bytes
        return bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    /// Who stands behind it: one address of IPv4; of IPv6 the /64, of which a single host has all.
    var client: String {
        let plain = unmapped
        guard plain.bytes.count == 16, !plain.isLoopback else { return plain.description }
        let network = NetworkAddress(bytes: Array(plain.bytes[..<8]) + Array(repeating: 0, count: 8))
        return "\(network ?? plain)/64"
    }
}

/// Where a request comes from, as far as it can be believed: proxies that are trusted say for whom they ask.
struct TrustedProxies: Sendable, Equatable {
    var blocks: [AddressBlock] = []

    /// Entries of one field that are looked at.
    private static let longestWay = 32

    /// The client's address: from the right, the first of `X-Forwarded-For` that is no trusted proxy's. What stands
    /// left of it anybody may have written.
    ///
    /// - Parameters:
    ///   - peer: who holds the other end of the connection.
    ///   - forwarded: the field's value, its lines joined by commas.
    func client(peer: String, forwarded: String?) -> String {
        // What nearly every request comes with needs no second look.
        if blocks.isEmpty, !peer.hasPrefix("::ffff:") { return peer }
        guard var client = NetworkAddress(peer)?.unmapped else { return peer }
        guard let forwarded, isTrusted(client) else { return client.description }
        let entries = forwarded.split(separator: ",", omittingEmptySubsequences: false)
        for entry in entries.suffix(Self.longestWay).reversed() {
            // What cannot be read was not written by a proxy that is to be believed.
            guard let address = Self.address(entry) else { break }
            client = address
            if !isTrusted(address) { break }
        }
        return client.description
    }

    private func isTrusted(_ address: NetworkAddress) -> Bool { blocks.contains { $0.contains(address) } }

    /// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80".
    private static func address(_ entry: Substring) -> NetworkAddress? {
        var text = entry.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        if text.first == "[", let end = text.firstIndex(of: "]") {
            text = text[...end]
        } else if text.count(where: { $0 == ":" }) == 1 {
            text = text.prefix { $0 != ":" }
        }
        return NetworkAddress(String(text))?.unmapped
    }
}

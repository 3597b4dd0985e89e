/// All addresses that begin with the same bits: "10.0.0.0/8".
struct AddressRange: Sendable, Hashable {
    let first: NetworkAddress
    let bits: Int

    /// - Returns: nil for what is no range.
    init?(_ text: String) {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let first = NetworkAddress(String(parts[0])), let bits = Int(parts[1]),
            (0...first.bytes.count * 8).contains(bits)
        else { return nil }
        self.first = first
        self.bits = bits
    }

    func contains(_ address: NetworkAddress) -> Bool {
        guard address.bytes.count == first.bytes.count else { return false }
        let (whole, rest) = bits.quotientAndRemainder(dividingBy: 8)
        guard address.bytes.prefix(whole) == first.bytes.prefix(whole) else { return false }
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return address.bytes[whole] & mask == first.bytes[whole] & mask
    }

    private static func ranges(_ texts: [String]) -> [AddressRange] {
        let ranges = texts.compactMap { AddressRange($0) }
        // A range that was mistyped here would stand open.
        precondition(ranges.count == texts.count, "a range of addresses is not written as one")
        return ranges
    }

    /// Not of the public internet
    /// (<https://www.iana.org/assignments/iana-ipv4-special-registry>, multicast: RFC 5771).
    static let closedV4 = ranges([
        "0.0.0.0/8",  // this network
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  // private
        "100.64.0.0/10",  // shared by the customers of a carrier
        "127.0.0.0/8",  // loopback
        "169.254.0.0/16",  // link-local, where clouds keep their metadata service
        "192.0.0.0/24",  // protocol assignments
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  // documentation
        "192.88.99.0/24",  // 6to4 relays, given up
        "198.18.0.0/15",  // benchmarks
        "224.0.0.0/4",  // multicast
        "240.0.0.0/4",  // reserved, and broadcast
    ])

    /// Set aside within 2000::/3 (<https://www.iana.org/assignments/iana-ipv6-special-registry>).
    static let closedV6 = ranges([
        "2001::/23",  // protocol assignments, Teredo among them
        "2001:db8::/32", "3fff::/20",  // documentation
    ])

    static let globalUnicast = ranges(["2000::/3"])[0]
    static let mapped = ranges(["::ffff:0:0/96"])[0]
    static let nat64 = ranges(["64:ff9b::/96"])[0]
    static let sixToFour = ranges(["2002::/16"])[0]
}

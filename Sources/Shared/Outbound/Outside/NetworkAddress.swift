internal import Glibc

/// An IPv4 or IPv6 address, and whether it is one of the public internet.
public struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    /// Four or sixteen, in network order.
    public let bytes: [UInt8]

    /// - Returns: nil unless there are four or sixteen.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// - Parameter text: "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; nil for anything else, names too.
    public init?(_ text: String) {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let inner = isBracketed ? String(text.dropFirst().dropLast()) : text
        var v4 = in_addr()
        var v6 = in6_addr()
        if !isBracketed, inet_pton(AF_INET, inner, &v4) == 1 {
            bytes = withUnsafeBytes(of: v4) { Array($0) }
        } else if inet_pton(AF_INET6, inner, &v6) == 1 {
            bytes = withUnsafeBytes(of: v6) { Array($0) }
        } else {
            return nil
        }
    }

    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether it leads to a machine of the public internet, and not into this machine, its network or nowhere.
    ///
    /// An IPv6 address that stands for an IPv4 one is judged by that. Of the others only 2000::/3 is in use as global
    /// unicast (<https://www.iana.org/assignments/ipv6-address-space>), without what is set aside in it.
    public var isPublic: Bool {
        if bytes.count == 4 { return !AddressRange.closedV4.contains { $0.contains(self) } }
        if let embedded { return embedded.isPublic }
        return AddressRange.globalUnicast.contains(self) && !AddressRange.closedV6.contains { $0.contains(self) }
    }

    /// The IPv4 address within: v4-mapped (RFC 4291 §2.5.5.2), NAT64 (RFC 6052 §2.1), 6to4 (RFC 3056 §2).
    private var embedded: NetworkAddress? {
        if AddressRange.mapped.contains(self) || AddressRange.nat64.contains(self) {
            return NetworkAddress(bytes: Array(bytes[12...]))
        }
        return AddressRange.sixToFour.contains(self) ? NetworkAddress(bytes: Array(bytes[2..<6])) : nil
    }
}

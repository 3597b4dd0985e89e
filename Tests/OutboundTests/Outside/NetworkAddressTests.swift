import Testing

@testable import Outbound

@Suite struct NetworkAddressTests {
    @Test(arguments: [
        ("1.1.1.1", true), ("8.8.8.8", true), ("93.184.216.34", true), ("223.255.255.255", true),
        ("0.0.0.0", false), ("0.255.255.255", false), ("1.0.0.0", true),
        ("10.0.0.0", false), ("10.255.255.255", false), ("9.255.255.255", true), ("11.0.0.0", true),
        ("100.63.255.255", true), ("100.64.0.0", false), ("100.127.255.255", false), ("100.128.0.0", true),
        ("127.0.0.1", false), ("127.255.255.254", false), ("126.255.255.255", true), ("128.0.0.0", true),
        ("169.254.169.254", false), ("169.253.255.255", true), ("169.255.0.0", true),
        ("172.15.255.255", true), ("172.16.0.0", false), ("172.31.255.255", false), ("172.32.0.0", true),
        ("192.0.0.8", false), ("192.0.1.0", true), ("192.0.2.1", false), ("192.0.3.0", true), ("192.88.99.1", false),
        ("192.167.255.255", true), ("192.168.0.1", false), ("192.169.0.0", true),
        ("198.17.255.255", true), ("198.18.0.0", false), ("198.19.255.255", false), ("198.20.0.0", true),
        ("198.51.100.7", false), ("203.0.113.7", false), ("203.0.114.0", true),
        ("224.0.0.1", false), ("239.255.255.255", false), ("240.0.0.1", false), ("255.255.255.255", false),
    ])
    func `an IPv4 address is public or not`(text: String, isPublic: Bool) throws {
        let address = try #require(NetworkAddress(text))
        #expect(address.isPublic == isPublic)
        #expect(address.description == text)
        // The same address, as IPv6 writes it.
        #expect(NetworkAddress("::ffff:\(text)")?.isPublic == isPublic)
        #expect(NetworkAddress("64:ff9b::\(text)")?.isPublic == isPublic)
        let (high, low) = (address.bytes[0...1], address.bytes[2...3])
        let groups = [high, low].map { String($0.reduce(0) { $0 << 8 | Int($1) }, radix: 16) }
        #expect(NetworkAddress("2002:\(groups[0]):\(groups[1])::1")?.isPublic == isPublic)
    }

    @Test(arguments: [
        ("2606:4700:4700::1111", true), ("2a00:1450:4001:81b::200e", true), ("2000::1", true),
        ("2001:200::1", true), ("3ffe::1", true), ("3fff:1000::1", true),
        ("::", false), ("::1", false), ("::7f00:1", false), ("fc00::1", false), ("fd12:3456::1", false),
        ("fe80::1", false), ("febf::1", false), ("fec0::1", false), ("ff02::1", false), ("100::1", false),
        ("2001:db8::1", false), ("2001::1", false), ("2001:1ff::1", false), ("3fff::1", false), ("5f00::1", false),
        ("64:ff9b:1::1", false), ("4000::1", false),
    ])
    func `an IPv6 address is public or not`(text: String, isPublic: Bool) throws {
        #expect(try #require(NetworkAddress(text)).isPublic == isPublic)
        #expect(NetworkAddress("[\(text)]") == NetworkAddress(text))
    }

    @Test(arguments: ["", "example.com", "1.2.3", "1.2.3.4.5", "256.1.1.1", "[1.2.3.4]", "12345::", "127.0.0.1 "])
    func `anything else is no address`(text: String) {
        #expect(NetworkAddress(text) == nil)
    }

    @Test func `an address has four or sixteen bytes`() {
        #expect(NetworkAddress(bytes: [127, 0, 0, 1])?.description == "127.0.0.1")
        #expect(NetworkAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test func `a range ends at any bit`() throws {
        let range = try #require(AddressRange("172.16.0.0/12"))
        #expect(["172.16.0.0", "172.31.255.255"].allSatisfy { NetworkAddress($0).map(range.contains) == true })
        #expect(["172.15.255.255", "172.32.0.0", "::1"].allSatisfy { NetworkAddress($0).map(range.contains) == false })
        #expect(["10.0.0.0", "10.0.0.0/33", "name/8", "10.0.0.0/-1"].allSatisfy { AddressRange($0) == nil })
    }
}

import Outbound
import Testing

@testable import BackendAPI

@Suite struct ClientAddressTests {
    private let proxies = AccessSettings.proxies("127.0.0.1, 10.0.0.0/8,fd00::/8,::1")

    @Test(
        arguments: [
            // Nobody may speak for others who is no trusted proxy.
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"), ("203.0.113.9", nil, "203.0.113.9"),
            ("127.0.0.1", nil, "127.0.0.1"), ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
            // What the client wrote itself stands on the left.
            ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
            ("127.0.0.1", "1.1.1.1, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
            ("10.9.9.9", "127.0.0.1,198.51.100.1 ,10.1.2.3,  10.1.2.4", "198.51.100.1"),
            // All of them ours: the one farthest out.
            ("127.0.0.1", "10.0.0.5, 10.0.0.6", "10.0.0.5"),
            // With ports, IPv6, IPv4 within IPv6.
            ("::1", "[2001:db8::7]:443", "2001:db8::7"), ("::1", "2001:db8::7", "2001:db8::7"),
            ("::ffff:127.0.0.1", "198.51.100.1:55", "198.51.100.1"),
            ("fd00::5", "::ffff:198.51.100.1", "198.51.100.1"), ("::ffff:203.0.113.9", "1.1.1.1", "203.0.113.9"),
            // What is no address ends what can be believed.
            ("127.0.0.1", "198.51.100.1, unknown", "127.0.0.1"), ("127.0.0.1", "1.1.1.1,,10.0.0.6", "10.0.0.6"),
            ("127.0.0.1", "", "127.0.0.1"), ("127.0.0.1", "1.1.1.1:2:3", "127.0.0.1"),
        ] as [(String, String?, String)]) func `the client is the first from the right that is no proxy of ours`(
            peer: String, forwarded: String?, client: String
        ) throws
    {
        #expect(try #require(proxies).client(peer: peer, forwarded: forwarded) == client)
    }

    @Test func `with no proxy named nobody is believed`() {
        #expect(TrustedProxies().client(peer: "127.0.0.1", forwarded: "1.1.1.1") == "127.0.0.1")
        #expect(TrustedProxies().client(peer: "::ffff:192.0.2.1", forwarded: "1.1.1.1") == "192.0.2.1")
    }

    @Test func `a field of any length costs little`() throws {
        let long = Array(repeating: "10.0.0.1", count: 1500).joined(separator: ",")
        #expect(try #require(proxies).client(peer: "10.0.0.2", forwarded: "1.1.1.1," + long) == "10.0.0.1")
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.0/0", "8.8.8.8", true),
        ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.128", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("::ffff:10.0.0.0/104", "10.1.1.1", true), ("::/0", "10.1.1.1", false),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
    ]) func `a block holds what begins with its bits`(text: String, address: String, isIn: Bool) throws {
        let block = try #require(AddressBlock(text))
        #expect(block.contains(try #require(NetworkAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "10.0.0/8", "::/129", "example.com", "10.0.0.0/8/8",
        "::ffff:10.0.0.0/8", "10.0.0.0/+8",
    ]) func `what is no block is none`(text: String) { #expect(AddressBlock(text) == nil) }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"), ("::1", "::1"),
    ]) func `a client of IPv6 is its network`(address: String, client: String) throws {
        #expect(try #require(NetworkAddress(address)).client == client)
    }

    @Test func `loopback is this machine alone`() throws {
        for text in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            #expect(try #require(NetworkAddress(text)).isLoopback)
        }
        for text in ["128.0.0.1", "::", "::2", "0.0.0.0", "fe80::1", "1::1"] {
            #expect(try #require(NetworkAddress(text)).isLoopback == false)
        }
    }
}

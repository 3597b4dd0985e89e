import Crypto
import Testing

@Suite struct UUIDTests {
    @Test func `a name-based UUID is that of RFC 9562`() {
        #expect(UUID5.make(namespace: .dns, name: "www.example.com") == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
    }

    @Test func `the same name gives the same UUID and another name another`() {
        let first = UUID5.make(namespace: .url, name: "a/1")
        #expect(first == UUID5.make(namespace: .url, name: "a/1"))
        #expect(first != UUID5.make(namespace: .url, name: "a/2"))
        #expect(first != UUID5.make(namespace: .dns, name: "a/1"))
    }

    @Test func `a random UUID is canonical text of version 4`() throws {
        let text = UUID4.make()
        let uuid = try #require(UUID16(text))
        #expect(uuid.text == text)
        #expect(uuid.bytes[6] >> 4 == 4)
        #expect(uuid.bytes[8] >> 6 == 0b10)
        #expect(UUID4.make() != text)
    }

    @Test func `a UUID reads in either case and writes in lower case`() {
        #expect(UUID16("6BA7B810-9DAD-11D1-80B4-00C04FD430C8") == .dns)
        #expect(UUID16.dns.text == "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
        #expect(UUID16.x500.text == "6ba7b814-9dad-11d1-80b4-00c04fd430c8")
    }

    @Test(arguments: [
        "", "6ba7b810", "6ba7b8109dad11d180b400c04fd430c8", "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8 ", "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430}", "6ba7b810-9dad-11d1-80b4-00c04fd430é",
    ])
    func `any other text is no UUID`(text: String) {
        #expect(UUID16(text) == nil)
    }

    @Test func `hexadecimal text reads in either case and only whole`() {
        #expect(Hex.decode("00fFA5") == [0x00, 0xFF, 0xA5])
        #expect(Hex.decode("") == [])
        #expect(Hex.decode("abc") == nil)
        #expect(Hex.decode("0g") == nil)
        #expect(Hex.encode([0x00, 0xFF, 0xA5]) == "00ffa5")
    }

    @Test func `random bytes come in the number asked for and differ`() {
        #expect(randomBytes(32).count == 32)
        #expect(randomBytes(0).isEmpty)
        #expect(randomBytes(-1).isEmpty)
        #expect(randomBytes(16) != randomBytes(16))
        #expect(randomUInt64() != randomUInt64())
    }
}

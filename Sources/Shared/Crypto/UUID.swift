/// The 16 bytes of a UUID (RFC 9562), in the order in which its text shows them.
public struct UUID16: Sendable, Hashable, CustomStringConvertible {
    /// The UUID's bytes, always 16.
    public let bytes: [UInt8]

    /// Nil unless there are exactly 16 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, digits in either case (RFC 9562 §4); nil for any other text.
    public init?(_ text: String) {
        let characters = Array(text.utf8)
        guard characters.count == 36, Self.hyphens.allSatisfy({ characters[$0] == UInt8(ascii: "-") }) else {
            return nil
        }
        let digits = characters.indices.filter { !Self.hyphens.contains($0) }.map { characters[$0] }
        guard let bytes = Hex.decode(String(decoding: digits, as: UTF8.self)) else { return nil }
        self.init(bytes)
    }

    /// The canonical text: lower-case digits, hyphens after 8, 12, 16 and 20 of them.
    public var text: String {
        let digits: StaticString = "0123456789abcdef"
        return String(unsafeUninitializedCapacity: 36) { text in
            var at = 0
            for byte in bytes {
                if Self.hyphens.contains(at) {
                    text[at] = UInt8(ascii: "-")
                    at += 1
                }
                text[at] = digits.utf8Start[Int(byte >> 4)]
                text[at + 1] = digits.utf8Start[Int(byte & 15)]
                at += 2
            }
            return at
        }
    }

    public var description: String { text }

    /// Namespace for fully qualified domain names (RFC 9562 §6.6).
    public static let dns = standardNamespace(0x10)
    /// Namespace for URLs (RFC 9562 §6.6).
    public static let url = standardNamespace(0x11)
    /// Namespace for ISO object identifiers (RFC 9562 §6.6).
    public static let oid = standardNamespace(0x12)
    /// Namespace for X.500 distinguished names (RFC 9562 §6.6).
    public static let x500 = standardNamespace(0x14)

    private static let hyphens = [8, 13, 18, 23]

    /// Takes the first 16 bytes of `material` and sets the version and the variant in them.
    fileprivate init(_ material: [UInt8], version: UInt8) {
        var bytes = Array(material.prefix(16))
        bytes[6] = bytes[6] & 0x0F | version << 4
        bytes[8] = bytes[8] & 0x3F | 0x80
        self.bytes = bytes
    }

    private init(whole bytes: [UInt8]) { self.bytes = bytes }

    /// The namespaces of the RFC differ in their fourth byte only.
    private static func standardNamespace(_ fourth: UInt8) -> UUID16 {
        UUID16(whole: [
            0x6B, 0xA7, 0xB8, fourth, 0x9D, 0xAD, 0x11, 0xD1, 0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30, 0xC8,
        ])
    }
}

/// UUIDs made from a name: the same namespace and name give the same UUID (RFC 9562 §5.5).
public enum UUID5 {
    /// The canonical lower-case text for `name` (its UTF-8) in `namespace`.
    public static func make(namespace: UUID16, name: String) -> String {
        UUID16(SHA1.hash(namespace.bytes + Array(name.utf8)), version: 5).text
    }
}

/// Random UUIDs (RFC 9562 §5.4).
public enum UUID4 {
    /// A new one as canonical lower-case text; 122 of its bits are random.
    public static func make() -> String {
        UUID16(randomBytes(16), version: 4).text
    }
}

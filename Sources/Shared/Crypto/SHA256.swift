/// SHA-256 (FIPS 180-4), in one call or as the bytes come.
///
/// A value: a copy taken midway goes its own way.
public struct SHA256: Sendable {
    private var context = DigestContext(.sha256)

    public init() {}

    /// The digest of `bytes`.
    public static func hash(_ bytes: some Collection<UInt8>) -> SHA256Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// The digest of the text's UTF-8.
    public static func hash(_ text: String) -> SHA256Digest {
        hash(text.utf8)
    }

    /// Takes the next bytes of the message, any number of them.
    public mutating func update(_ bytes: some Collection<UInt8>) {
        withContiguousBytes(of: bytes) { context.update($0) }
    }

    /// Takes the next bytes of the message from memory that the caller holds.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        context.update(bytes.assumingMemoryBound(to: UInt8.self))
    }

    /// The digest of all bytes so far. More may follow for a later digest.
    public func finalize() -> SHA256Digest {
        SHA256Digest(bytes: context.finish())
    }
}

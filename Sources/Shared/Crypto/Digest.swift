internal import CCrypto

/// The 32 bytes that SHA-256 answers.
public struct SHA256Digest: Sendable, Hashable, CustomStringConvertible {
    /// The digest, 32 bytes.
    public let bytes: [UInt8]

    /// The digest as 64 lower-case hexadecimal digits.
    public var hex: String { Hex.encode(bytes) }

    public var description: String { hex }
}

/// SHA-1 (RFC 3174). Only for what is defined with it: WebSocket accept keys (RFC 6455 §4.2.2) and name-based UUIDs
/// (RFC 9562 §5.5). It protects nothing.
public enum SHA1 {
    /// The 20 bytes of the digest.
    public static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var context = DigestContext(.sha1)
        withContiguousBytes(of: bytes) { context.update($0) }
        return context.finish()
    }
}

/// HMAC (RFC 2104).
public enum HMAC {
    /// The 32 bytes of HMAC-SHA256 (RFC 4231) over `data`. Compare them with ``constantTimeEquals(_:_:)``.
    public static func sha256(key: some Collection<UInt8>, data: some Collection<UInt8>) -> [UInt8] {
        withContiguousBytes(of: key) { key in
            withContiguousBytes(of: data) { data in hmacSHA256(key, data) }
        }
    }
}

/// Whether both hold the same bytes, in a time that depends on their lengths alone. Lengths that differ answer at
/// once: the length of a digest is no secret.
public func constantTimeEquals(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    withContiguousBytes(of: left) { left in
        withContiguousBytes(of: right) { right in
            guard left.count == right.count else { return false }
            guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return true }
            return CRYPTO_memcmp(leftBase, rightBase, left.count) == 0
        }
    }
}

private func hmacSHA256(_ key: UnsafeBufferPointer<UInt8>, _ data: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    // libcrypto reads a null key as "the key of the call before", so an empty one needs an address too.
    var nothing: UInt8 = 0
    return withUnsafePointer(to: &nothing) { nothing in
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            var length: UInt32 = 0
            let answer = CCrypto.HMAC(
                EVP_sha256(), key.baseAddress ?? nothing, Int32(clamping: key.count), data.baseAddress ?? nothing,
                data.count, digest.baseAddress, &length)
            precondition(answer != nil && length == 32, "HMAC failed: libcrypto is out of memory")
            count = 32
        }
    }
}

/// Lends the bytes as one buffer, copying them first only where the collection is not one.
func withContiguousBytes<Result>(
    of bytes: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
) -> Result {
    bytes.withContiguousStorageIfAvailable(body) ?? Array(bytes).withUnsafeBufferPointer(body)
}

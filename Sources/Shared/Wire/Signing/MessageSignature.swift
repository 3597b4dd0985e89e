public import Crypto

/// The proof that a request comes from who has the secret that both services share (`GPU_SERVICE_SECRET`): an HTTP
/// Message Signature (RFC 9421) of one fixed form, HMAC-SHA256 over method, target and the digest of the body (RFC 9530),
/// with the time of signing and a nonce.
///
///     Content-Digest: sha-256=:BASE64:
///     Signature-Input: easel=("@method" "@request-target" "content-digest");created=1700000000;nonce="…";alg="hmac-sha256"
///     Signature: easel=:BASE64:
public struct MessageSignature: Sendable, Hashable {
    /// When it was signed, in seconds since 1970.
    public let created: Int64
    /// 1 to 64 letters, digits, `-` or `_`, another for each request.
    public let nonce: String
    /// `Content-Digest`, as it stands in the field.
    public let digest: String
    /// HMAC-SHA256.
    private let proof: [UInt8]

    private static let label = "easel"
    private static let components = #"("@method" "@request-target" "content-digest")"#

    /// Signs a request.
    ///
    /// - Parameters:
    ///   - target: path and query as they go over the wire.
    ///   - hash: of the body.
    public init(method: String, target: String, hash: SHA256Digest, created: Int64, nonce: String, secret: String) {
        (self.created, self.nonce) = (created, nonce)
        digest = Self.digest(of: hash)
        proof = Self.proof(method, target, digest, created, nonce, secret)
    }

    /// The same, of a body that nobody has hashed yet.
    public init(method: String, target: String, body: [UInt8], created: Int64, nonce: String, secret: String) {
        self.init(
            method: method, target: target, hash: SHA256.hash(body), created: created, nonce: nonce, secret: secret)
    }

    /// Reads the three fields.
    ///
    /// - Returns: nil when one is absent or has another form.
    public init?(input: String?, signature: String?, digest: String?) {
        guard let input, let signature, let digest, let proof = Self.binary(signature, after: Self.label + "=") else {
            return nil
        }
        let begin = "\(Self.label)=\(Self.components);created="
        guard input.hasPrefix(begin) else { return nil }
        let parts = input.dropFirst(begin.count).split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == 3, let created = Int64(parts[0]), created > 0, parts[0].allSatisfy(\.isNumber),
            parts[1].hasPrefix(#"nonce=""#), parts[1].hasSuffix(#"""#), parts[2] == #"alg="hmac-sha256""#
        else { return nil }
        let nonce = parts[1].dropFirst(7).dropLast()
        guard (1...64).contains(nonce.utf8.count), nonce.utf8.allSatisfy(Self.isNonce) else { return nil }
        (self.created, self.nonce, self.digest, self.proof) = (created, String(nonce), digest, proof)
    }

    public var inputField: String { Self.label + "=" + Self.parameters(created, nonce) }
    public var signatureField: String { "\(Self.label)=:\(Base64.encode(proof)):" }

    /// Whether who signed it has the secret, and signed this request. The body is judged by ``isDigest(_:)``.
    public func isBy(_ secret: String, method: String, target: String) -> Bool {
        constantTimeEquals(proof, Self.proof(method, target, digest, created, nonce, secret))
    }

    /// Whether a body has the digest that was signed.
    ///
    /// - Parameter hash: the body's SHA-256, 32 bytes.
    public func isDigest(_ hash: SHA256Digest) -> Bool { digest == Self.digest(of: hash) }

    private static func parameters(_ created: Int64, _ nonce: String) -> String {
        #"\#(components);created=\#(created);nonce="\#(nonce)";alg="hmac-sha256""#
    }

    /// RFC 9421, section 2.5.
    private static func proof(
        _ method: String, _ target: String, _ digest: String, _ created: Int64, _ nonce: String, _ secret: String
    ) -> [UInt8] {
        let base = """
            "@method": \(method)
            "@request-target": \(target)
            "content-digest": \(digest)
            "@signature-params": \(parameters(created, nonce))
            """
        return HMAC.sha256(key: secret.utf8, data: base.utf8)
    }

    private static func digest(of hash: SHA256Digest) -> String { "sha-256=:\(Base64.encode(hash.bytes)):" }

    /// A byte sequence (RFC 8941, section 3.3.5).
    private static func binary(_ text: String, after begin: String) -> [UInt8]? {
        guard text.hasPrefix(begin + ":"), text.hasSuffix(":"), text.utf8.count > begin.utf8.count + 2 else {
            return nil
        }
        return Base64.decode(String(text.dropFirst(begin.count + 1).dropLast()))
    }

    private static func isNonce(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

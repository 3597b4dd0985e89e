public import HTTPTypes

/// The fields that a ``MessageSignature`` travels in. The literals are tokens, so the names exist.
extension HTTPField.Name {
    /// RFC 9421, section 4.1.
    public static let signatureInput = HTTPField.Name("Signature-Input")!
    /// RFC 9421, section 4.2.
    public static let signature = HTTPField.Name("Signature")!
    /// RFC 9530, section 2.
    public static let contentDigest = HTTPField.Name("Content-Digest")!
}

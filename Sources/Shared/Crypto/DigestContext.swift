internal import CCrypto

/// The digests that this layer computes.
enum DigestAlgorithm: Sendable {
    case sha1, sha256

    var byteCount: Int { self == .sha1 ? 20 : 32 }

    fileprivate var descriptor: OpaquePointer? { self == .sha1 ? EVP_sha1() : EVP_sha256() }
}

/// A running digest with the semantics of a value: a copy goes its own way.
struct DigestContext: Sendable {
    private let algorithm: DigestAlgorithm
    private var state: DigestState

    init(_ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        state = DigestState(algorithm)
    }

    mutating func update(_ bytes: UnsafeBufferPointer<UInt8>) {
        if !isKnownUniquelyReferenced(&state) { state = DigestState(copying: state) }
        state.update(bytes)
    }

    /// The digest of all bytes so far; the context itself may go on.
    func finish() -> [UInt8] {
        DigestState(copying: state).finish(algorithm.byteCount)
    }
}

/// Owns an `EVP_MD_CTX`, freed in `deinit`.
///
/// Unchecked, because `DigestContext` changes it only while it holds the sole reference; shared ones are only read.
private final class DigestState: @unchecked Sendable {
    private let context: OpaquePointer

    private init() {
        guard let context = EVP_MD_CTX_new() else { fatalError("EVP_MD_CTX_new failed: out of memory") }
        self.context = context
    }

    convenience init(_ algorithm: DigestAlgorithm) {
        self.init()
        check(EVP_DigestInit_ex(context, algorithm.descriptor, nil), "EVP_DigestInit_ex")
    }

    convenience init(copying other: DigestState) {
        self.init()
        check(EVP_MD_CTX_copy_ex(context, other.context), "EVP_MD_CTX_copy_ex")
    }

    deinit { EVP_MD_CTX_free(context) }

    func update(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count > 0 else { return }
        check(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "EVP_DigestUpdate")
    }

    func finish(_ byteCount: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { digest, count in
            check(EVP_DigestFinal_ex(context, digest.baseAddress, nil), "EVP_DigestFinal_ex")
            count = byteCount
        }
    }

    /// No input makes these calls fail, only a lack of memory or a libcrypto without the digest.
    private func check(_ answer: Int32, _ call: String) {
        precondition(answer == 1, "\(call) failed: libcrypto is out of memory or lacks the digest")
    }
}

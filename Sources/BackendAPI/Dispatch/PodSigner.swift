import Crypto
import Glibc
import HTTPTypes
import Operations
import Outbound
import Wire

/// Signs what the backend sends to the GPU services, where they share a secret (`GPU_SERVICE_SECRET`).
struct PodSigner: Sendable {
    /// Nil: nothing is signed.
    let secret: Secret?

    /// A copy of the request with its proof; each is good for one sending.
    ///
    /// - Parameter hash: of its body, where it is known: a film takes a while.
    /// - Precondition: its body is none, or is there as bytes.
    func signed(_ request: ClientRequest, hash: SHA256Digest? = nil) -> ClientRequest {
        guard let secret else { return request }
        let signature = MessageSignature(
            method: request.method.rawValue, target: Self.target(of: request.url),
            hash: hash ?? Self.hash(of: request.body), created: Int64(time(nil)), nonce: Hex.encode(randomBytes(16)),
            secret: secret.reveal())
        var request = request
        request.headers[.signatureInput] = signature.inputField
        request.headers[.signature] = signature.signatureField
        request.headers[.contentDigest] = signature.digest
        return request
    }

    private static func hash(of body: ClientRequest.Body) -> SHA256Digest {
        switch body {
        case .none: SHA256.hash([])
        case .bytes(let bytes): SHA256.hash(bytes)
        case .stream: preconditionFailure("nothing is streamed to a GPU service")
        }
    }

    /// Path and query of an absolute URL.
    static func target(of url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let rest = url[scheme.upperBound...]
        guard let start = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
        let target = rest[start...].prefix { $0 != "#" }
        return target.hasPrefix("/") ? String(target) : "/" + target
    }
}

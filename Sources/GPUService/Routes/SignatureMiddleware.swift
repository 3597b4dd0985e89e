import Crypto
import Glibc
import HTTP
import HTTPTypes
import Loop
import Wire

/// Lets only requests in that are signed with the secret that the backend has too.
///
/// `/health` and what is below it stay open, as a pod's platform asks for them; `/metrics` is open to this machine, a
/// proxy on it apart.
@LoopActor
final class SignatureMiddleware: Middleware {
    private let secret: String
    private let clock: @LoopActor () -> Int64
    private var guardian: ReplayGuard

    /// - Parameter clock: seconds since 1970.
    init(secret: String, clock: @escaping @LoopActor () -> Int64 = { Int64(time(nil)) }) {
        (self.secret, self.clock) = (secret, clock)
        guardian = ReplayGuard(start: clock())
    }

    func receive(_ request: inout Request) throws -> Response? {
        if isOpen(request) { return nil }
        let fields = request.headerFields
        guard
            let signature = MessageSignature(
                input: fields[.signatureInput], signature: fields[.signature], digest: fields[.contentDigest])
        else { throw Self.refusal("The request is not signed, as GPU_SERVICE_SECRET demands.") }
        guard signature.isBy(secret, method: request.method.rawValue, target: request.head.path ?? "/") else {
            throw Self.refusal("The signature is wrong: do both services have the same GPU_SERVICE_SECRET?")
        }
        try admit(signature)
        var hash = SHA256()
        try request.body.inspect { bytes in
            guard let bytes else {
                guard signature.isDigest(hash.finalize()) else {
                    throw Self.refusal("The body is not the one that was signed.")
                }
                return
            }
            hash.update(bytes)
        }
        return nil
    }

    private func isOpen(_ request: Request) -> Bool {
        guard request.method == .get || request.method == .head else { return false }
        if request.path == "/health" || request.path.hasPrefix("/health/") { return true }
        return request.path == "/metrics" && Self.isFromHere(request.remoteAddress, request.headerFields)
    }

    /// Whether a request comes from this machine, and not through a proxy here that asks for another.
    nonisolated static func isFromHere(_ address: String, _ fields: HTTPFields) -> Bool {
        guard fields[.xForwardedFor] == nil, fields[.forwarded] == nil else { return false }
        // A socket for both families gives IPv4 addresses mapped into IPv6 (RFC 4291, section 2.5.5.2).
        let mapped = "::ffff:"
        let plain = address.hasPrefix(mapped) ? String(address.dropFirst(mapped.count)) : address
        return Configuration.isLoopback(plain)
    }

    private func admit(_ signature: MessageSignature) throws {
        switch guardian.admit(signature.nonce, created: signature.created, now: clock()) {
        case .fresh: return
        case .replayed: throw Self.refusal("The request came before.")
        case .outOfTime(let seconds):
            throw Self.refusal("The request was signed \(seconds) s ago by this machine's clock: the clocks differ.")
        case .beforeStart: throw Self.refusal("The request was signed before this service started.")
        case .full: throw HTTPProblem(.serviceUnavailable, "Too many requests.", headers: [.retryAfter: "5"])
        }
    }

    private static func refusal(_ reason: String) -> HTTPProblem {
        HTTPProblem(.unauthorized, reason, headers: [.wwwAuthenticate: "Signature"])
    }
}

extension HTTPField.Name {
    // A constant that is a token; the initialiser returns nil for what is none.
    fileprivate static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
    fileprivate static let forwarded = HTTPField.Name("Forwarded")!
}

import Crypto
import JSONText

/// An API key as it is kept: without its text, which is shown once.
struct AccessKey: Sendable, Equatable {
    /// The part of the text that is no secret: it finds the key, and names it in lists and logs.
    var id: String
    var name: String
    /// Whose it is, where whoever made it said so.
    var user: String?
    var tier: KeyTier
    var scopes: Set<Scope>
    var limits: KeyLimits
    /// SHA-256 of the text. That has 256 bits that nobody can foresee, so it needs no slow hash.
    var hash: [UInt8]
    /// Unix times in milliseconds.
    var createdAt: Int64
    var revokedAt: Int64?

    /// A new key.
    ///
    /// - Returns: the key, and its text for whoever asked for it.
    static func make(_ order: KeyOrder, at time: Int64) -> (key: AccessKey, text: String) {
        let id = Hex.encode(randomBytes(6))
        let text = "\(prefix)\(id)_\(Hex.encode(randomBytes(32)))"
        let key = AccessKey(
            id: id, name: order.name, user: order.user, tier: order.tier, scopes: order.scopes, limits: order.limits,
            hash: SHA256.hash(text).bytes, createdAt: time)
        return (key, text)
    }

    /// So that scanners for leaked secrets know one.
    private static let prefix = "easel_"
    private static let idDigits = 12

    /// The id in a key's text; nil for what is no key.
    static func id(in text: String) -> String? {
        guard text.hasPrefix(prefix), text.utf8.count == prefix.utf8.count + idDigits + 1 + 64 else { return nil }
        let parts = text.dropFirst(prefix.count).split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == idDigits else { return nil }
        return String(parts[0])
    }

    /// Whether that is its text, in a time that does not tell how much of it is right.
    func matches(_ text: String) -> Bool { constantTimeEquals(SHA256.hash(text).bytes, hash) }

    /// Whether it may do what needs `scope`.
    func allows(_ scope: Scope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }

    /// As `keys list` tells it.
    var json: JSON {
        [
            "id": .string(id), "name": .string(name), "user": user.map(JSON.string) ?? .null,
            "tier": .string(tier.rawValue), "scopes": .array(Scope.sorted(scopes).map(JSON.string)),
            "requests_per_minute": limits.requestsPerMinute.map { JSON($0) } ?? .null,
            "tasks": limits.tasks.map { JSON($0) } ?? .null,
            "streams": limits.streams.map { JSON($0) } ?? .null,
            "bytes_per_minute": limits.bytesPerMinute.map { JSON($0) } ?? .null,
            "created_at": .string(TaskAnswer.time(createdAt)),
            "revoked_at": revokedAt.map { .string(TaskAnswer.time($0)) } ?? .null,
        ]
    }
}

extension Scope {
    static func sorted(_ scopes: Set<Scope>) -> [String] { scopes.map(\.rawValue).sorted() }
}

/// What a new key is to be like.
struct KeyOrder: Sendable, Equatable {
    var name: String
    var user: String?
    var tier = KeyTier.free
    var scopes: Set<Scope> = [.generate, .read]
    var limits = KeyLimits()
}

/// Limits of one key. Nil is the service's own, 0 is none.
struct KeyLimits: Sendable, Equatable {
    var requestsPerMinute: Int?
    /// Tasks of its that have not ended.
    var tasks: Int?
    /// Event streams of its that are open.
    var streams: Int?
    /// Of request bodies.
    var bytesPerMinute: Int?
}

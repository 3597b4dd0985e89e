import HTTP
import Outbound

/// Whose a task is: nobody but its tenant gets to see it. All who come without a key are one.
enum Tenant: Sendable, Hashable {
    case anonymous
    case key(String)

    /// The tenant of a task, by its owner.
    init(owner: String) { self = owner.hasPrefix(Self.keyPrefix) ? .key(owner) : .anonymous }

    private static let keyPrefix = "key "

    static func owner(key id: String) -> String { keyPrefix + id }

    /// The rows of `tasks` that are its, in SQL. Its index is found by the same words.
    var condition: (sql: String, owner: String?) {
        switch self {
        case .anonymous: ("substr(owner, 1, 4) <> 'key '", nil)
        case .key(let owner): ("substr(owner, 1, 4) = 'key ' AND owner = ?", owner)
        }
    }

    /// The index that a list of its tasks is read by: without it a key with few tasks would have all others' looked at.
    var index: String { self == .anonymous ? " INDEXED BY tasks_of_nobody" : " INDEXED BY tasks_of_keys" }
}

/// Who makes a request, and what that one may do.
struct Caller: Sendable {
    /// Nil for who came without one.
    var key: AccessKey?
    var address: String
    var limits = ClientLimits()
    /// The URL itself says that its picture may be seen.
    var hasSignature = false
    /// Whether it is too much.
    var verdict = RateVerdict()
    /// Too much, for a route that tells it in words of its own (``PortraitRoutes``).
    var refusal: HTTPProblem?

    /// Whose turn it takes in the queue, and whose `Idempotency-Key`s it sees.
    var owner: String { key.map { Tenant.owner(key: $0.id) } ?? "address \(address)" }
    var tenant: Tenant { key.map { .key(Tenant.owner(key: $0.id)) } ?? .anonymous }

    func maySee(_ task: GenerationTask) -> Bool { Tenant(owner: task.owner) == tenant }
}

extension Request {
    var caller: Caller { context as? Caller ?? Caller(address: clientAddress) }

    /// Who stands behind the address that it comes from.
    var clientAddress: String {
        guard remoteAddress.utf8.contains(UInt8(ascii: ":")) else { return remoteAddress }
        return NetworkAddress(remoteAddress)?.client ?? remoteAddress
    }
}

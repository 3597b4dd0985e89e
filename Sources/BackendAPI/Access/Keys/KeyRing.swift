import GRDB
import Loop

/// All keys, in memory: asking for one costs no read, and what changes here holds for the next request.
@LoopActor
final class KeyRing {
    private let database: TaskDatabase
    private var keys: [String: AccessKey] = [:]

    /// So many keys that are not revoked there may be.
    static let capacity = 10_000

    init(database: TaskDatabase) { self.database = database }

    func load() async throws {
        for key in try await database.read({ try KeyRow.all($0) }) { keys[key.id] = key }
    }

    /// Whether no key was ever made, so that nothing can be one's.
    var isEmpty: Bool { keys.isEmpty }
    /// Whether there is a key that opens anything.
    var hasValidKeys: Bool { keys.values.contains { $0.revokedAt == nil } }

    /// The key with that text; nil for one that is wrong or revoked.
    func key(_ text: String) -> AccessKey? {
        guard let id = AccessKey.id(in: text), let key = keys[id], key.matches(text), key.revokedAt == nil else {
            return nil
        }
        return key
    }

    func isRevoked(_ id: String) -> Bool { keys[id]?.revokedAt != nil }

    /// Does what a command says.
    ///
    /// - Throws: ``KeyFault``; what the database throws.
    func perform(_ command: KeyCommand) async throws -> KeyReply {
        switch command {
        case .create(let order): try await create(order)
        case .list: KeyReply(keys: sorted)
        case .revoke(let name): try await revoke(name)
        }
    }

    private var sorted: [AccessKey] { keys.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) } }

    private func create(_ order: KeyOrder) async throws -> KeyReply {
        guard keys.values.count(where: { $0.revokedAt == nil }) < Self.capacity else {
            throw KeyFault("there are \(Self.capacity) keys already; revoke some first")
        }
        let (key, text) = AccessKey.make(order, at: TaskBook.now())
        try await database.write { try KeyRow.insert(key, $0) }
        keys[key.id] = key
        return KeyReply(keys: [key], text: text)
    }

    private func revoke(_ name: String) async throws -> KeyReply {
        let found = keys[name].map { [$0] } ?? sorted.filter { $0.name == name && $0.revokedAt == nil }
        guard let first = found.first else { throw KeyFault("there is no key with the id or name \"\(name)\"") }
        guard found.count == 1 else {
            throw KeyFault(
                "several keys are named \"\(name)\"; say which: \(found.map(\.id).joined(separator: ", "))")
        }
        guard first.revokedAt == nil else { return KeyReply(keys: [first]) }
        let now = TaskBook.now()
        // First here: it opens nothing from now on, whatever becomes of the write.
        keys[first.id]?.revokedAt = now
        do {
            try await database.write { try KeyRow.revoke(first.id, at: now, $0) }
        } catch {
            throw KeyFault("the key is revoked until the next restart, but that could not be written: \(error)")
        }
        return KeyReply(keys: [keys[first.id] ?? first])
    }
}

import GRDB
import Loop

/// Whose pictures are whose: one is its tenant's who has a task with it.
@LoopActor
final class ImageOwners {
    private let database: TaskDatabase
    private let ring: KeyRing
    /// What was found; it stays so for as long as the picture is there.
    private var known: Set<Known> = []

    private struct Known: Hashable {
        let name: String
        let tenant: Tenant
    }

    private static let remembered = 10_000

    init(database: TaskDatabase, ring: KeyRing) {
        self.database = database
        self.ring = ring
    }

    func maySee(_ name: String, _ caller: Caller) async throws -> Bool {
        // As long as there never was a key, everything is everybody's.
        if caller.hasSignature || ring.isEmpty { return true }
        let tenant = caller.tenant
        let entry = Known(name: name, tenant: tenant)
        if known.contains(entry) { return true }
        guard try await database.read({ try FileUse.isUsed(name, by: tenant, $0) }) else { return false }
        if known.count >= Self.remembered { known = [] }
        known.insert(entry)
        return true
    }
}

extension FileUse {
    static func isUsed(_ name: String, by tenant: Tenant, _ database: Database) throws -> Bool {
        let (condition, owner) = tenant.condition
        let sql = """
            SELECT 1 FROM file_uses JOIN tasks ON tasks.number = file_uses.number
            WHERE file_uses.name = ? AND \(condition) LIMIT 1
            """
        return try Int.fetchOne(
            database.cachedStatement(sql: sql), arguments: StatementArguments([name] + (owner.map { [$0] } ?? [])))
            != nil
    }
}

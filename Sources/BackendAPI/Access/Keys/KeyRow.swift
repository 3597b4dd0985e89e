import Crypto
import GRDB

/// A key as its row.
enum KeyRow {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("5 keys") { database in
            try database.execute(
                sql: """
                    CREATE TABLE keys (
                        id TEXT PRIMARY KEY, name TEXT NOT NULL, user TEXT, tier TEXT NOT NULL, scopes TEXT NOT NULL,
                        hash TEXT NOT NULL UNIQUE, requests INTEGER, tasks INTEGER, bytes INTEGER,
                        created_at INTEGER NOT NULL, revoked_at INTEGER
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX tasks_of_keys ON tasks (owner, number) WHERE substr(owner, 1, 4) = 'key ';
                    CREATE INDEX tasks_of_nobody ON tasks (number) WHERE substr(owner, 1, 4) <> 'key ';
                    """)
        }
        migrator.registerMigration("6 streams of keys") { database in
            try database.execute(sql: "ALTER TABLE keys ADD COLUMN streams INTEGER")
        }
    }

    static func insert(_ key: AccessKey, _ database: Database) throws {
        try database.run(
            sql: """
                INSERT INTO keys (id, name, user, tier, scopes, hash, requests, tasks, bytes, created_at, streams)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                key.id, key.name, key.user, key.tier.rawValue, Scope.sorted(key.scopes).joined(separator: ","),
                Hex.encode(key.hash), key.limits.requestsPerMinute, key.limits.tasks, key.limits.bytesPerMinute,
                key.createdAt, key.limits.streams,
            ])
    }

    static func revoke(_ id: String, at time: Int64, _ database: Database) throws {
        try database.run(
            sql: "UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", arguments: [time, id])
    }

    /// Every key that was ever made, oldest first.
    static func all(_ database: Database) throws -> [AccessKey] {
        try Row.fetchAll(database, sql: "SELECT * FROM keys ORDER BY created_at, id").map(key)
    }

    /// A scope or tier of a later version is as good as none here.
    private static func key(_ row: Row) -> AccessKey {
        AccessKey(
            id: row["id"], name: row["name"], user: row["user"], tier: KeyTier(rawValue: row["tier"]) ?? .free,
            scopes: Set((row["scopes"] as String).split(separator: ",").compactMap { Scope(rawValue: String($0)) }),
            limits: KeyLimits(
                requestsPerMinute: row["requests"], tasks: row["tasks"], streams: row["streams"],
                bytesPerMinute: row["bytes"]),
            hash: Hex.decode(row["hash"]) ?? [], createdAt: row["created_at"], revokedAt: row["revoked_at"])
    }
}

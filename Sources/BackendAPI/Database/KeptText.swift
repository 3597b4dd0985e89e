import GRDB

/// Named texts that outlive the process, such as the last catalogue.
enum KeptText {
    static func read(_ name: String, _ database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT value FROM kept WHERE name = ?", arguments: [name])
    }

    static func write(_ name: String, _ value: String, _ database: Database) throws {
        try database.run(
            sql: "INSERT INTO kept (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            arguments: [name, value])
    }
}

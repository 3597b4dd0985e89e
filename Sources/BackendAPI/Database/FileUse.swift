import GRDB

/// Which task uses which file: a result by its name, a picture of a request by its hash. A file that no task uses is
/// cleared away.
enum FileUse {
    static func insert(_ name: String, _ task: Int, _ database: Database) throws {
        try database.run(
            sql: "INSERT OR IGNORE INTO file_uses (name, number) VALUES (?, ?)", arguments: [name, task])
    }

    /// Ends the uses of a task.
    ///
    /// - Returns: the files that nobody uses any more.
    static func remove(task: Int, _ database: Database) throws -> [String] {
        let names = try String.fetchAll(
            database, sql: "SELECT name FROM file_uses WHERE number = ?", arguments: [task])
        try database.run(sql: "DELETE FROM file_uses WHERE number = ?", arguments: [task])
        return try unused(names, database)
    }

    /// Those of `names` that nobody uses.
    static func unused(_ names: [String], _ database: Database) throws -> [String] {
        try names.filter { name in
            try Int.fetchOne(database, sql: "SELECT 1 FROM file_uses WHERE name = ? LIMIT 1", arguments: [name]) == nil
        }
    }
}

import GRDB

extension Database {
    /// Runs a statement that comes again and again: it is compiled once, and kept by its text.
    func run(sql: String, arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

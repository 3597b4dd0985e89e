import GRDB
import HTTP
import HTTPTypes
import Loop

/// Sees to it that a request with an `Idempotency-Key` makes one task, however often and from how many sides it comes
/// (draft-ietf-httpapi-idempotency-key-header).
@LoopActor
final class Submissions {
    /// A key is one owner's, for one route.
    struct Key: Hashable, Sendable {
        var owner: String
        var route: String
        var key: String
    }

    private let database: TaskDatabase
    private let book: TaskBook
    private var underWay: [Key: (body: String, ended: LoopEvent)] = [:]

    /// A key answers for so long, in milliseconds.
    nonisolated static let lifetime: Int64 = 24 * 3600 * 1000

    init(database: TaskDatabase, book: TaskBook) {
        self.database = database
        self.book = book
    }

    /// Gives the task that the key stands for, or has one made under it. Two that come at once make one: the second
    /// waits for the first, and tries for itself where that was refused.
    ///
    /// - Parameters:
    ///   - body: the hash of the request's body.
    ///   - make: makes the task; what it is given must be written in the task's transaction.
    /// - Returns: the task, and whether it was there already.
    /// - Throws: `HTTPProblem` 409 for a key that stands for another body.
    func task(
        for key: Key, body: String,
        make: (_ also: @escaping @Sendable (_ task: String, Database) throws -> Void) async throws -> LiveTask
    ) async throws -> (entry: LiveTask, isReplayed: Bool) {
        while let other = underWay[key] {
            guard other.body == body else { throw Self.conflict }
            try await other.ended.wait()
        }
        let ended = LoopEvent()
        underWay[key] = (body, ended)
        defer {
            underWay[key] = nil
            ended.signal()
        }
        if let known = try await find(key, body) { return (known, true) }
        let now = TaskBook.now()
        let entry = try await make { try Self.insert(key, body: body, task: $0, at: now, $1) }
        return (entry, false)
    }

    private func find(_ key: Key, _ body: String) async throws -> LiveTask? {
        let oldest = TaskBook.now() - Self.lifetime
        let row = try await database.read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT body, task FROM submissions WHERE owner = ? AND route = ? AND key = ? AND at > ?",
                arguments: [key.owner, key.route, key.key, oldest]
            ).map { (body: $0["body"] as String, task: $0["task"] as String) }
        }
        guard let row else { return nil }
        guard row.body == body else { throw Self.conflict }
        return try await book.find(row.task)
    }

    private nonisolated static func insert(
        _ key: Key, body: String, task: String, at time: Int64, _ database: Database
    ) throws {
        // One that has had its day may still be there.
        try database.run(
            sql: "INSERT OR REPLACE INTO submissions (owner, route, key, body, task, at) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [key.owner, key.route, key.key, body, task, time])
    }

    private static var conflict: HTTPProblem {
        HTTPProblem(.conflict, "This Idempotency-Key was used with another body.")
    }

    /// Forgets keys that have had their day.
    nonisolated static func clear(before time: Int64, limit: Int, _ database: Database) throws -> Int {
        try database.run(
            sql: """
                DELETE FROM submissions WHERE (owner, route, key) IN
                    (SELECT owner, route, key FROM submissions WHERE at < ? LIMIT ?)
                """,
            arguments: [time - lifetime, limit])
        return database.changesCount
    }
}

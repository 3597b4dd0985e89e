import GRDB

/// The statements on webhooks that wait, were delivered, or were given up.
enum WebhookRow {
    /// Keeps a notice, in the transaction of the change that it tells of. Nil, or one of a state that was told of
    /// already, changes nothing.
    static func insert(_ notice: WebhookNotice?, _ database: Database) throws {
        guard let notice else { return }
        try database.run(
            sql: """
                INSERT INTO webhook_deliveries (id, task_id, event, url, host, body, next_at, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (task_id, event) DO NOTHING
                """,
            arguments: [
                notice.id, notice.taskID, notice.event.rawValue, notice.url, notice.host, notice.body, notice.createdAt,
                notice.createdAt,
            ])
    }

    /// A host (with its port) that something waits for.
    struct Host: Sendable, Equatable {
        var name: String
        var isDue: Bool
        /// When something is due for it that is not yet.
        var next: Int64?
    }

    /// The first so many after a name, by name; one step in the index each, however much waits for one.
    static func hosts(at now: Int64, after name: String, limit: Int, _ database: Database) throws -> [Host] {
        try Row.fetchAll(
            database,
            sql: """
                WITH RECURSIVE hosts (name) AS (
                    SELECT MIN(host) FROM webhook_deliveries WHERE state = 'pending' AND host > ?2
                    UNION ALL
                    SELECT (SELECT MIN(host) FROM webhook_deliveries WHERE state = 'pending' AND host > name)
                    FROM hosts WHERE name IS NOT NULL)
                SELECT name,
                    EXISTS (SELECT 1 FROM webhook_deliveries
                        WHERE state = 'pending' AND host = name AND next_at <= ?1) AS due,
                    (SELECT MIN(next_at) FROM webhook_deliveries
                        WHERE state = 'pending' AND host = name AND next_at > ?1) AS next
                FROM hosts WHERE name IS NOT NULL LIMIT ?3
                """,
            arguments: [now, name, limit]
        ).map { Host(name: $0["name"], isDue: $0["due"], next: $0["next"]) }
    }

    /// What is to be sent to a host now, the longest due first. One that waits holds up the later ones of its task, so
    /// that they arrive in order.
    static func due(at now: Int64, to host: String, limit: Int, _ database: Database) throws -> [WebhookDelivery] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT d.*, (SELECT owner FROM tasks WHERE id = d.task_id) AS owner FROM webhook_deliveries AS d
                WHERE state = 'pending' AND host = ? AND next_at <= ? AND NOT EXISTS (
                    SELECT 1 FROM webhook_deliveries AS e
                    WHERE e.task_id = d.task_id AND e.number < d.number AND e.state = 'pending')
                ORDER BY next_at, number LIMIT ?
                """,
            arguments: [host, now, limit]
        ).map(delivery)
    }

    static func pendingCount(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'pending'") ?? 0
    }

    /// Makes due what waits for a time beyond `latest`, which only a clock that was set back can have brought about.
    static func bringForward(from latest: Int64, to now: Int64, _ database: Database) throws {
        try database.run(
            sql: "UPDATE webhook_deliveries SET next_at = ? WHERE state = 'pending' AND next_at > ?",
            arguments: [now, latest])
    }

    /// Notes a try, and what follows from it, unless the delivery was sent anew by hand meanwhile.
    ///
    /// - Parameters:
    ///   - before: the delivery as it was read for this try.
    ///   - next: when it is tried again, for a delivery that stays `pending`.
    static func record(
        _ attempt: WebhookDelivery.Try, of before: WebhookDelivery, state: WebhookDelivery.State, next: Int64?,
        _ database: Database
    ) throws {
        try database.run(
            sql: """
                UPDATE webhook_deliveries SET state = ?, tries = tries + 1, next_at = ?, ended_at = ?, last_status = ?,
                    last_error = ? WHERE id = ? AND state = 'pending' AND round = ? AND tries = ?
                """,
            arguments: [
                state.rawValue, next ?? attempt.at, next == nil ? attempt.at : nil, attempt.status, attempt.error,
                before.id, before.round, before.tries,
            ])
        if let next { try holdUp(after: before, until: next, database) }
        try log(attempt, of: before.id, database)
    }

    /// The later ones of a task cannot be sent before this one: nobody needs to look at them until then.
    private static func holdUp(after delivery: WebhookDelivery, until time: Int64, _ database: Database) throws {
        try database.run(
            sql: """
                UPDATE webhook_deliveries SET next_at = ?1 WHERE task_id = ?2 AND state = 'pending' AND next_at < ?1
                    AND number > (SELECT number FROM webhook_deliveries WHERE id = ?3)
                """,
            arguments: [time, delivery.taskID, delivery.id])
    }

    /// Tries that are kept of each delivery.
    static let keptTries = 50

    /// A delivery that was cleared meanwhile has no log.
    private static func log(_ attempt: WebhookDelivery.Try, of id: String, _ database: Database) throws {
        try database.run(
            sql: """
                INSERT INTO webhook_tries (delivery, at, status, error, milliseconds)
                SELECT id, ?, ?, ?, ? FROM webhook_deliveries WHERE id = ?
                """,
            arguments: [attempt.at, attempt.status, attempt.error, attempt.milliseconds, id])
        try database.run(
            sql: """
                DELETE FROM webhook_tries WHERE delivery = ?1 AND number <= (
                    SELECT number FROM webhook_tries WHERE delivery = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
                """,
            arguments: [id, keptTries])
    }

    /// Begins a new round of tries.
    ///
    /// - Returns: the delivery as it is then; nil when the task has none of this id.
    static func sendAgain(_ id: String, of taskID: String, at now: Int64, _ database: Database) throws
        -> WebhookDelivery?
    {
        try database.run(
            sql: """
                UPDATE webhook_deliveries SET state = 'pending', round = round + 1, tries = 0, next_at = ?,
                    ended_at = NULL WHERE id = ? AND task_id = ?
                """,
            arguments: [now, id, taskID])
        return try Row.fetchOne(
            database, sql: "SELECT * FROM webhook_deliveries WHERE id = ? AND task_id = ?", arguments: [id, taskID]
        ).map(delivery)
    }

    /// All of a task, the oldest first.
    static func all(of taskID: String, _ database: Database) throws -> [WebhookDelivery] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM webhook_deliveries WHERE task_id = ? ORDER BY number", arguments: [taskID]
        ).map(delivery)
    }

    /// The tries of a delivery that are kept, the oldest first.
    static func tries(of id: String, _ database: Database) throws -> [WebhookDelivery.Try] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM webhook_tries WHERE delivery = ? ORDER BY number", arguments: [id]
        ).map {
            .init(at: $0["at"], status: $0["status"], error: $0["error"], milliseconds: $0["milliseconds"])
        }
    }

    /// What has ended is kept for so long, in milliseconds.
    static let lifetime: Int64 = 7 * 24 * 3600 * 1000

    /// Removes some of what ended before `time`, with its log.
    ///
    /// - Returns: how many; fewer than `limit` when no more are left.
    static func clear(before time: Int64, limit: Int, _ database: Database) throws -> Int {
        try database.run(
            sql: """
                DELETE FROM webhook_deliveries WHERE number IN (
                    SELECT number FROM webhook_deliveries WHERE ended_at IS NOT NULL AND ended_at < ?
                    ORDER BY ended_at LIMIT ?)
                """,
            arguments: [time, limit])
        return database.changesCount
    }

    /// Removes what a task that goes leaves behind; what is still to be delivered stays until it is.
    static func clear(ofTask id: String, _ database: Database) throws {
        try database.run(
            sql: "DELETE FROM webhook_deliveries WHERE task_id = ? AND state != 'pending'", arguments: [id])
    }

    private static func delivery(_ row: Row) -> WebhookDelivery {
        WebhookDelivery(
            id: row["id"], taskID: row["task_id"], event: row["event"], url: row["url"], host: row["host"],
            body: row["body"], state: WebhookDelivery.State(rawValue: row["state"]) ?? .failed, round: row["round"],
            tries: row["tries"], nextAt: row["next_at"], createdAt: row["created_at"], lastStatus: row["last_status"],
            lastError: row["last_error"], owner: row["owner"])
    }
}

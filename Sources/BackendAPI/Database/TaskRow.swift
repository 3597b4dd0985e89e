import GRDB
import JSONText
import Wire

/// A task as its row, and the statements on it. Every change of a live task names its epoch, so that whoever has lost the
/// task to a later claim changes nothing.
enum TaskRow {
    /// Its pictures are noted as used in the same transaction.
    static func insert(_ task: GenerationTask, _ database: Database) throws {
        try database.run(
            sql: """
                INSERT INTO tasks (number, id, state, workflow, version, attempt, epoch, priority, owner, params,
                    options, created_at, images, warnings, history, parent, errand)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?, ?, ?, ?)
                """,
            arguments: [
                task.number, task.id, task.state.rawValue, task.workflow, task.version, task.attempt, task.epoch,
                task.priority.rawValue, task.owner, JSON.object(task.params).text, task.options.json.text,
                task.createdAt, strings(task.warnings), task.history.json.text, task.parent,
                task.errand?.json.text,
            ])
        for name in task.inputs { try FileUse.insert(name, task.number, database) }
    }

    /// Claims a live task by a higher epoch. That it is still `running` in the row means that a write that nobody waited
    /// for was lost (a disk that was full for a while), which must not keep the task from its end.
    static func claim(_ task: GenerationTask, _ database: Database) throws {
        try database.run(
            sql: """
                UPDATE tasks SET state = 'running', epoch = ?1, attempt = ?2, cause = ?3, history = ?4, pod = ?5
                WHERE id = ?6 AND state IN ('queued', 'running') AND epoch < ?1
                """,
            arguments: [task.epoch, task.attempt, task.cause, task.history.json.text, task.pod, task.id])
    }

    /// Notes when ComfyUI began.
    static func start(_ task: GenerationTask, _ database: Database) throws {
        try database.run(
            sql: "UPDATE tasks SET started_at = ? WHERE id = ? AND state = 'running' AND epoch = ?",
            arguments: [task.startedAt, task.id, task.epoch])
    }

    /// Notes how far its errand has got.
    ///
    /// - Returns: false when it was claimed anew, or has ended.
    static func saveErrand(_ task: GenerationTask, _ database: Database) throws -> Bool {
        try database.execute(
            sql: """
                UPDATE tasks SET errand = ?1, state = ?2, epoch = ?3
                WHERE id = ?4 AND epoch <= ?3 AND state IN ('queued', 'running')
                """,
            arguments: [task.errand?.json.text, task.state.rawValue, task.epoch, task.id])
        guard database.changesCount > 0 else { return false }
        for name in task.errand?.made ?? [] { try FileUse.insert(name, task.number, database) }
        return true
    }

    /// Notes that it is to be cancelled, whoever runs it.
    static func wantCancelled(_ id: String, _ database: Database) throws {
        try database.run(
            sql: "UPDATE tasks SET cancelling = 1 WHERE id = ? AND state IN ('queued', 'running')", arguments: [id])
    }

    /// Moves a live task to another state. The row may be behind the memory, as ``claim(_:_:)`` says: by a state, an epoch.
    ///
    /// - Returns: false, with nothing changed, when it has ended or was claimed anew.
    @discardableResult
    static func update(_ task: GenerationTask, _ database: Database) throws -> Bool {
        try database.run(
            sql: """
                UPDATE tasks SET state = ?, attempt = ?, version = ?, params = ?, started_at = ?, finished_at = ?,
                    images = ?, error = ?, cause = ?, warnings = ?, source = ?, history = ?,
                    errand = ?, epoch = ?
                WHERE id = ? AND state IN ('queued', 'running') AND epoch <= ?
                """,
            arguments: [
                task.state.rawValue, task.attempt, task.version, JSON.object(task.params).text, task.startedAt,
                task.finishedAt, strings(task.images), task.error, task.cause, strings(task.warnings), task.source,
                task.history.json.text, task.errand?.json.text, task.epoch, task.id, task.epoch,
            ])
        guard database.changesCount == 1 else { return false }
        for name in task.images { try FileUse.insert(name, task.number, database) }
        return true
    }

    /// Takes back what the process before this one ran: queued again, at the same attempt, its old worker fenced off.
    static func takeBack(at time: Int64, _ database: Database) throws {
        let running = try Row.fetchAll(database, sql: "SELECT * FROM tasks WHERE state = 'running'").map(task)
        for var task in running {
            task.move(to: .queued, at: time)
            try database.run(
                sql: "UPDATE tasks SET state = 'queued', epoch = epoch + 1, history = ? WHERE id = ?",
                arguments: [task.history.json.text, task.id])
        }
    }

    static func live(_ database: Database) throws -> [GenerationTask] {
        try Row.fetchAll(database, sql: "SELECT * FROM tasks WHERE state IN ('queued', 'running') ORDER BY number")
            .map(task)
    }

    static func find(_ id: String, _ database: Database) throws -> GenerationTask? {
        try Row.fetchOne(database.cachedStatement(sql: "SELECT * FROM tasks WHERE id = ?"), arguments: [id]).map(task)
    }

    /// The highest number that was ever given out: a cleared task's is not given again.
    static func lastNumber(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'tasks'") ?? 0
    }

    /// Newest first, before `number`.
    ///
    /// - Parameter tenant: whose; nil for everybody's.
    static func page(
        of tenant: Tenant? = nil, state: String?, workflow: String?, before number: Int, limit: Int,
        _ database: Database
    ) throws -> [GenerationTask] {
        var sql = "SELECT * FROM tasks\(tenant?.index ?? "") WHERE number < ? AND parent IS NULL"
        var arguments: StatementArguments = [number]
        if let (condition, owner) = tenant?.condition {
            sql += " AND \(condition)"
            if let owner { arguments += [owner] }
        }
        if let state {
            sql += " AND state = ?"
            arguments += [state]
        }
        if let workflow {
            sql += " AND workflow = ?"
            arguments += [workflow]
        }
        return try Row.fetchAll(database, sql: sql + " ORDER BY number DESC LIMIT ?", arguments: arguments + [limit])
            .map(task)
    }

    private static func strings(_ list: [String]) -> String { JSON.array(list.map(JSON.string)).text }

    private static func task(_ row: Row) -> GenerationTask {
        func json(_ column: String) -> JSON { (try? JSON(parsing: Array((row[column] as String).utf8))) ?? .null }
        var task = GenerationTask(
            id: row["id"], number: row["number"], workflow: row["workflow"], version: row["version"],
            params: json("params").object ?? [:], options: .init(json: json("options")), createdAt: row["created_at"])
        task.state = TaskState(rawValue: row["state"]) ?? .failed
        task.attempt = row["attempt"]
        task.epoch = row["epoch"]
        task.priority = TaskPriority(rawValue: row["priority"]) ?? .normal
        task.owner = row["owner"]
        task.startedAt = row["started_at"]
        task.finishedAt = row["finished_at"]
        task.images = json("images").array?.compactMap(\.string) ?? []
        task.error = row["error"]
        task.cause = row["cause"]
        task.isCancelling = row["cancelling"]
        task.warnings = json("warnings").array?.compactMap(\.string) ?? []
        task.source = row["source"]
        task.history = StateHistory(json: json("history"))
        task.parent = row["parent"]
        task.pod = row["pod"]
        if row["errand"] != nil { task.errand = Errand(json: json("errand")) }
        return task
    }
}

extension GenerationTask {
    /// The hashes of the pictures that it was given.
    var inputs: Set<String> {
        Set(inputsInOrder)
    }

    /// The same, as they were given.
    var inputsInOrder: [String] {
        params.flatMap { _, value in (value.array ?? [value]).compactMap(InputReference.sha256) }
    }
}

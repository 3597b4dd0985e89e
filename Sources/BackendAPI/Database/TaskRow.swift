import GRDB
import JSONText

/// A task as its row, and the statements on it. Every change of a live task names the state and the epoch that it
/// leaves, so that whoever has lost the task changes nothing.
enum TaskRow {
    static func insert(_ task: GenerationTask, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO tasks (number, id, state, workflow, version, attempt, epoch, priority, params, options,
                    created_at, images, warnings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?)
                """,
            arguments: [
                task.number, task.id, task.state.rawValue, task.workflow, task.version, task.attempt, task.epoch,
                task.priority.rawValue, JSON.object(task.params).text, task.options.json.text, task.createdAt,
                strings(task.warnings),
            ])
    }

    /// Claims a live task by a higher epoch. That it is still `running` in the row means that a write that nobody waited
    /// for was lost (a disk that was full for a while), which must not keep the task from its end.
    static func claim(_ task: GenerationTask, _ database: Database) throws {
        try database.execute(
            sql: """
                UPDATE tasks SET state = 'running', epoch = ?1, attempt = ?2
                WHERE id = ?3 AND state IN ('queued', 'running') AND epoch < ?1
                """,
            arguments: [task.epoch, task.attempt, task.id])
    }

    /// Notes when ComfyUI began.
    static func start(_ task: GenerationTask, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE tasks SET started_at = ? WHERE id = ? AND state = 'running' AND epoch = ?",
            arguments: [task.startedAt, task.id, task.epoch])
    }

    /// Moves a task out of a state.
    ///
    /// - Returns: false, with nothing changed, when it has left that state or was claimed anew.
    @discardableResult
    static func update(_ task: GenerationTask, from state: TaskState, _ database: Database) throws -> Bool {
        try database.execute(
            sql: """
                UPDATE tasks SET state = ?, attempt = ?, version = ?, params = ?, started_at = ?, finished_at = ?,
                    images = ?, error = ?, warnings = ?, source = ? WHERE id = ? AND state = ? AND epoch = ?
                """,
            arguments: [
                task.state.rawValue, task.attempt, task.version, JSON.object(task.params).text, task.startedAt,
                task.finishedAt, strings(task.images), task.error, strings(task.warnings), task.source, task.id,
                state.rawValue, task.epoch,
            ])
        return database.changesCount == 1
    }

    /// What was running when the process before this one ended is queued again, at the same attempt.
    static func takeBack(_ database: Database) throws {
        try database.execute(sql: "UPDATE tasks SET state = 'queued', epoch = epoch + 1 WHERE state = 'running'")
    }

    static func live(_ database: Database) throws -> [GenerationTask] {
        try Row.fetchAll(database, sql: "SELECT * FROM tasks WHERE state IN ('queued', 'running') ORDER BY number")
            .map(task)
    }

    static func find(_ id: String, _ database: Database) throws -> GenerationTask? {
        try Row.fetchOne(database, sql: "SELECT * FROM tasks WHERE id = ?", arguments: [id]).map(task)
    }

    static func lastNumber(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT MAX(number) FROM tasks") ?? 0
    }

    /// Newest first, before `number`.
    static func page(
        state: String?, workflow: String?, before number: Int, limit: Int, _ database: Database
    ) throws -> [GenerationTask] {
        var sql = "SELECT * FROM tasks WHERE number < ?"
        var arguments: StatementArguments = [number]
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
        task.startedAt = row["started_at"]
        task.finishedAt = row["finished_at"]
        task.images = json("images").array?.compactMap(\.string) ?? []
        task.error = row["error"]
        task.warnings = json("warnings").array?.compactMap(\.string) ?? []
        task.source = row["source"]
        return task
    }
}

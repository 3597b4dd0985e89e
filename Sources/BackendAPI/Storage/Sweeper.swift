import GRDB
import Glibc
import Logging
import Loop

/// Clears away ended tasks that have had their time, with their files, and files that no task names: in small steps, so
/// that nothing else waits.
@LoopActor
final class Sweeper {
    private let database: TaskDatabase
    private let book: TaskBook
    private let keeper: FileKeeper
    private let stores: [FileStore]
    private let timeToLive: Int64
    private let logger: Logger
    /// What else is cleared: called with the time, gives how many rows have gone, 0 at the end.
    private let others: [@Sendable (Int64, Database) throws -> Int]

    private static let interval: Duration = .seconds(60)
    private static let looksBetweenOrphans = 360
    private static let pause: Duration = .milliseconds(20)
    private nonisolated static let step = 100

    /// - Parameter timeToLive: how long a result is kept after its task's end.
    init(
        database: TaskDatabase, book: TaskBook, keeper: FileKeeper, stores: [FileStore], timeToLive: Duration,
        logger: Logger, others: [@Sendable (Int64, Database) throws -> Int]
    ) {
        self.database = database
        self.book = book
        self.keeper = keeper
        self.stores = stores
        self.timeToLive = timeToLive.components.seconds * 1000
        self.logger = logger
        self.others = others
    }

    /// Until the task is cancelled.
    func run() async {
        var look = 0
        while !Task.isCancelled {
            do {
                if look % Self.looksBetweenOrphans == 0 { try await clearOrphans() }
                try await clearEnded()
                for clear in others { try await repeatSteps { try clear(TaskBook.now(), $0) } }
            } catch {
                if !Task.isCancelled { logger.warning("Clearing failed", metadata: ["error": .string("\(error)")]) }
            }
            look += 1
            try? await sleep(for: Self.interval)
        }
    }

    private func repeatSteps(_ step: @escaping @Sendable (Database) throws -> Int) async throws {
        while try await database.write(step) > 0 { try await sleep(for: Self.pause) }
    }

    // MARK: Ended tasks

    func clearEnded() async throws {
        var count = 0
        while true {
            let cutoff = TaskBook.now() - timeToLive
            let cleared = try await database.write { try Self.clear(endedBefore: cutoff, $0) }
            if cleared.ids.isEmpty { break }
            count += cleared.ids.count
            book.forget(cleared.ids)
            _ = try await remove(cleared.files)
            try await sleep(for: Self.pause)
        }
        if count > 0 { logger.info("Old tasks cleared", metadata: ["count": .stringConvertible(count)]) }
    }

    /// A task that an `Idempotency-Key` still stands for is kept for as long.
    private nonisolated static func clear(
        endedBefore cutoff: Int64, _ database: Database
    ) throws -> (ids: [String], files: [String]) {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT number, id FROM tasks WHERE finished_at IS NOT NULL AND finished_at < ?
                    AND NOT EXISTS (SELECT 1 FROM submissions WHERE task = tasks.id AND at > ?)
                    ORDER BY finished_at LIMIT ?
                """,
            arguments: [cutoff, TaskBook.now() - Submissions.lifetime, step])
        var files: [String] = []
        for row in rows {
            files += try FileUse.remove(task: row["number"], database)
            try database.execute(sql: "DELETE FROM tasks WHERE number = ?", arguments: [row["number"] as Int])
        }
        return (rows.map { $0["id"] }, files)
    }

    // MARK: Files

    /// Files that a crash, or a request that was refused, has left.
    func clearOrphans() async throws {
        var count = 0
        for store in stores {
            for shelf in try await offLoop({ store.shelves() }) {
                let names = try await offLoop { store.names(on: shelf) }
                let database = database
                let orphans = try await database.read { try Self.unused(names, $0) }
                if !orphans.isEmpty { count += try await remove(orphans) }
                try await sleep(for: .milliseconds(1))
            }
        }
        if count > 0 { logger.info("Files that no task names cleared", metadata: ["count": .stringConvertible(count)]) }
    }

    private func remove(_ names: [String]) async throws -> Int {
        let (database, stores) = (database, stores)
        return try await keeper.remove(names) { names in
            try await database.read { try Self.unused(names, $0) }
        } unlink: { name in
            for store in stores { store.remove(name) }
        }
    }

    /// A picture of a request is used by its hash, a result by its name.
    private nonisolated static func unused(_ names: [String], _ database: Database) throws -> [String] {
        try FileUse.unused(names, database).filter { try !FileUse.unused([String($0.prefix(64))], database).isEmpty }
    }
}

import GRDB
import Loop
import Operations

/// The database file: opened once, by one process, written in groups.
@LoopActor
final class TaskDatabase {
    private let queue: DatabaseQueue
    private var waiting: [Write] = []
    private var isWriting = false
    /// Whether the last write worked; `/health` tells.
    private(set) var isHealthy = true
    /// Transactions tried so far; many writes share one.
    private(set) var commits = 0

    private struct Write {
        let perform: @Sendable (Database) throws -> Void
        let done: @LoopActor (Result<Void, any Error>) -> Void
    }

    /// Opens the file and brings its tables up to date. Blocks: for the start.
    ///
    /// No shared memory, since the folder is on a network volume: `locking_mode=EXCLUSIVE` keeps the write-ahead log's
    /// index in this process, and every other one out (<https://www.sqlite.org/wal.html#noshm>).
    /// - Throws: `CannotStart`.
    init(path: String) throws {
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try Schema.migrator.migrate(queue)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED
        {
            throw CannotStart("the database \(path) is in use by another process")
        } catch {
            throw CannotStart("the database \(path) cannot be opened: \(error)")
        }
    }

    /// Returns when the write is on the disk. Writes that come while one is under way share the next commit.
    ///
    /// - Returns: what `perform` gave in the transaction that was committed.
    func write<Value: Sendable>(_ perform: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        let given = Lock<Value?>(nil)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            enqueue { database in
                let value = try perform(database)
                given.withLock { $0 = value }
            } done: {
                continuation.resume(with: $0)
            }
        }
        guard let value = given.withLock({ $0 }) else { throw NothingWritten() }
        return value
    }

    /// A commit that said it worked and gave nothing back.
    private struct NothingWritten: Error {}

    /// Writes in order with the others, and does not wait: for what can be found out again.
    func enqueue(
        _ perform: @escaping @Sendable (Database) throws -> Void,
        done: @escaping @LoopActor (Result<Void, any Error>) -> Void = { _ in }
    ) {
        waiting.append(Write(perform: perform, done: done))
        guard !isWriting else { return }
        isWriting = true
        loopTask { await self.drain() }
    }

    private func drain() async {
        while !waiting.isEmpty {
            let group = waiting
            waiting = []
            let result = await commit(group.map(\.perform))
            if case .failure = result, group.count > 1 {
                // One of them failed and took the others with it: each stands alone now.
                for write in group { note(await commit([write.perform]), for: write) }
            } else {
                for write in group { note(result, for: write) }
            }
        }
        isWriting = false
    }

    private func note(_ result: Result<Void, any Error>, for write: Write) {
        switch result {
        case .success: isHealthy = true
        // The statement was wrong, not the disk.
        case .failure(let error as DatabaseError) where error.resultCode == .SQLITE_CONSTRAINT: break
        case .failure: isHealthy = false
        }
        write.done(result)
    }

    /// After a write has failed, tries each second whether one works again, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            try? await sleep(for: .seconds(1))
            if !isHealthy { try? await write { try KeptText.write("last check", "", $0) } }
        }
    }

    private func commit(_ writes: [@Sendable (Database) throws -> Void]) async -> Result<Void, any Error> {
        commits += 1
        return await withCheckedContinuation { continuation in
            queue.asyncWrite { database in
                for perform in writes { try perform(database) }
            } completion: { _, result in
                continuation.resume(returning: result)
            }
        }
    }

    func read<Value: Sendable>(_ query: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.asyncRead { database in continuation.resume(with: Result { try query(database.get()) }) }
        }
    }

    /// Waits for the writes that are under way, then lets go of the file.
    func close() async {
        try? await write { _ in () }
        try? queue.close()
    }
}

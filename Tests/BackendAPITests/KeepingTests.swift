import Crypto
import GRDB
import HTTPTypes
import JSONText
import Logging
import Loop
import TestSupport
import Testing

@testable import BackendAPI

/// What is kept, for how long, and what goes.
@Suite struct KeepingTests {
    init() { startLoop() }

    /// A store of its own with a sweeper that keeps ended tasks for `timeToLive`.
    @LoopActor
    private struct Place {
        let folder: TemporaryFolder
        let database: TaskDatabase
        let book: TaskBook
        let images: FileStore
        let inputs: FileStore
        let keeper = FileKeeper()
        let sweeper: Sweeper

        init(timeToLive: Duration = .zero) async throws {
            startLoop()
            folder = try TemporaryFolder()
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            database = try TaskDatabase(path: folder.path + "/easel.db")
            book = TaskBook(database: database, logger: logger)
            try await book.load()
            images = FileStore(folder: folder.path + "/images")
            inputs = FileStore(folder: folder.path + "/inputs")
            sweeper = Sweeper(
                database: database, book: book, keeper: keeper, stores: [inputs, images], timeToLive: timeToLive,
                logger: logger, others: [])
        }

        func put(_ text: String, in store: FileStore) throws -> String {
            try store.put(Array(text.utf8), fileExtension: "png")
        }

        /// A task that has ended with these files.
        @discardableResult
        func ended(input: String, image: String) async throws -> LiveTask {
            var task = Samples.task()
            task.params["image"] = ["input": .string(String(input.prefix(64)))]
            let entry = try await book.accept(task)
            _ = book.claim { _ in true }
            try await book.end(entry, as: .done) {
                $0.images = [image]
                $0.finishedAt = 1000
            }
            return entry
        }
    }

    @LoopActor @Test func `what has had its time goes, with its files`() async throws {
        let place = try await Place()
        let (input, image) = (try place.put("in", in: place.inputs), try place.put("out", in: place.images))
        let entry = try await place.ended(input: input, image: image)
        #expect(place.folder.files(in: "images").count == 1)
        try await place.sweeper.clearEnded()
        #expect(try await place.book.find(entry.task.id) == nil)
        #expect(place.folder.files(in: "images").isEmpty && place.folder.files(in: "inputs").isEmpty)
        await place.database.close()
    }

    @LoopActor @Test func `what is young, live or under a key stays`() async throws {
        let place = try await Place(timeToLive: .seconds(3600))
        let young = try await place.book.accept(Samples.task())
        _ = place.book.claim { _ in true }
        try await place.book.end(young, as: .failed)
        let live = try await place.book.accept(Samples.task())
        let keyed = try await place.ended(input: String(repeating: "0", count: 64), image: "x.png")
        let id = keyed.task.id
        try await place.database.write {
            try $0.execute(
                sql: "INSERT INTO submissions VALUES ('o', '/generate', 'k', 'b', ?, ?)",
                arguments: [id, TaskBook.now()])
        }
        try await place.sweeper.clearEnded()
        for task in [young, live, keyed] {
            let id = task.task.id
            #expect(try await place.database.read { try TaskRow.find(id, $0) } != nil)
        }
        await place.database.close()
    }

    @LoopActor @Test func `a file that another task uses too stays until the last`() async throws {
        let place = try await Place()
        let (input, image) = (try place.put("in", in: place.inputs), try place.put("out", in: place.images))
        let first = try await place.ended(input: input, image: image)
        let second = try await place.ended(input: input, image: image)
        let id = second.task.id
        try await place.database.write {
            try $0.execute(sql: "UPDATE tasks SET finished_at = ? WHERE id = ?", arguments: [Int64.max, id])
        }
        try await place.sweeper.clearEnded()
        #expect(try await place.book.find(first.task.id) == nil)
        #expect(try place.images.read(image) == Array("out".utf8))
        #expect(try place.inputs.read(input) == Array("in".utf8))
        await place.database.close()
    }

    @LoopActor @Test func `files that no task names go, those on their way into one stay`() async throws {
        let place = try await Place()
        _ = try place.put("left by a crash", in: place.images)
        let images = place.images
        let lease = place.keeper.lease()
        let held = try await lease.put { try images.put(Array("held".utf8), fileExtension: "png") }
        try await place.sweeper.clearOrphans()
        #expect(place.folder.files(in: "images").map { $0.split(separator: "/").last.map(String.init) } == [held])
        lease.end()
        try await place.sweeper.clearOrphans()
        #expect(place.folder.files(in: "images").isEmpty)
        await place.database.close()
    }

    @LoopActor @Test func `a file that is wanted again while it goes is written again`() async throws {
        let place = try await Place()
        let images = place.images
        let name = try place.put("wanted", in: images)
        let lease = place.keeper.lease()
        let asked = LoopEvent()
        async let removed = place.keeper.remove([name]) { names in
            asked.signal()
            return names
        } unlink: {
            images.remove($0)
        }
        try await asked.wait()
        let again = try await lease.put { try images.put(Array("wanted".utf8), fileExtension: "png") }
        #expect(try await removed == 1)
        #expect(again == name)
        #expect(try images.read(name) == Array("wanted".utf8))
        await place.database.close()
    }

    @LoopActor @Test func `a number is not given out again after its task was cleared`() async throws {
        let place = try await Place()
        let first = try await place.ended(input: String(repeating: "0", count: 64), image: "x.png")
        try await place.sweeper.clearEnded()
        await place.database.close()
        let database = try TaskDatabase(path: place.folder.path + "/easel.db")
        let book = TaskBook(database: database, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await book.load()
        #expect(try await book.accept(Samples.task()).task.number > first.task.number)
        await database.close()
    }

    @LoopActor @Test func `a disk that is nearly full takes no new task, and finishes what runs`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        let release = LoopEvent()
        pod.steps = [.held(release)]
        let first = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await first.untilHealthy()
        let id = try await first.submit()
        await first.stop(grace: .zero)
        release.signal()
        let full = try await RunningBackend(
            folder: folder.path, pods: [pod.url], settings: ["MIN_FREE_DISK_MB": "1048576"])
        let refused = try await full.generate(["mode": "paint", "prompt": "p"])
        #expect(refused.status == 507)
        #expect(refused.json["detail"]?.string?.contains("nearly full") == true)
        #expect(try await full.end(of: id)["status"] == "done")
        await full.stop(grace: .zero)
        await pod.kill()
    }
}

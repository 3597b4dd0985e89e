import Foundation
import TestSupport
import Testing

@testable import Loop

@Suite(.timeLimit(.minutes(2))) struct FolderWatcherTests {
    let folder = NSTemporaryDirectory() + "easel-watch-\(UUID().uuidString)"

    init() throws {
        startLoop()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    @LoopActor
    private func change(_ work: () throws -> Void) async throws {
        let event = LoopEvent()
        let watcher = try FolderWatcher(folder) { event.signal() }
        defer { watcher.close() }
        try work()
        try await event.wait()
    }

    @Test @LoopActor func `a file added, changed, renamed or removed is told`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await change { try write("a", "1") }
        try await change { try write("a", "2") }
        try await change { try FileManager.default.moveItem(atPath: folder + "/a", toPath: folder + "/b") }
        try await change { try FileManager.default.removeItem(atPath: folder + "/b") }
        try await change { try FileManager.default.removeItem(atPath: folder) }
    }

    @Test @LoopActor func `a watch that was closed tells nothing`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var told = 0
        let closed = try FolderWatcher(folder) { told += 1 }
        closed.close()
        closed.close()
        try await change { try write("a", "1") }
        #expect(told == 0)
    }

    @Test @LoopActor func `a folder that is not there is refused with the call's name`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(throws: LibuvError(code: -ENOENT, call: "uv_fs_event_start")) {
            try FolderWatcher(folder + "/none") {}
        }
    }
}

import Foundation
import Logging
import Loop
import TestSupport
import Testing
import Workflows

@testable import GPUService

/// How changes of the workflow folder are noticed.
@Suite struct FolderChangeTests {
    let folder = NSTemporaryDirectory() + "easel-folder-\(UUID().uuidString)"

    init() throws {
        startLoop()
        try makeFolder()
    }

    private func makeFolder() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func write(_ name: String, steps: Int = 4) throws {
        let graph = #"{"1": {"class_type": "Sample", "inputs": {"steps": \#(steps)}}}"#
        try Data(graph.utf8).write(to: URL(filePath: "\(folder)/\(name).json"))
    }

    @LoopActor
    private func withLibrary(
        _ looks: WorkflowLibrary.Looks, _ body: @LoopActor (WorkflowLibrary) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let library = WorkflowLibrary(path: folder, looks: looks, logger: logger)
        let work = Task(executorPreference: EventLoop.shared) { await library.run() }
        try await until { library.fault == nil }
        try await body(library)
        work.cancel()
        await work.value
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test @LoopActor func `a file added, changed and removed is noticed by its event alone`() async throws {
        let never = WorkflowLibrary.Looks(watched: .seconds(86_400), unwatched: .seconds(86_400))
        try await withLibrary(never) { library in
            try write("late")
            try await until { library["late"] != nil }
            let version = library["late"]?.version
            try write("late", steps: 5)
            try await until { library["late"]?.version != version }
            try FileManager.default.removeItem(atPath: folder + "/late.json")
            try await until { library["late"] == nil }
        }
    }

    @Test @LoopActor func `a folder that was made anew is watched again`() async throws {
        let looks = WorkflowLibrary.Looks(watched: .seconds(86_400), unwatched: .milliseconds(5))
        try await withLibrary(looks) { library in
            for number in 0..<3 {
                try FileManager.default.removeItem(atPath: folder)
                if number > 0 { try await until { library.fault != nil } }
                try makeFolder()
                try write("first\(number)")
                try await until { library["first\(number)"] != nil }
                try write("second\(number)")
                try await until { library["second\(number)"] != nil }
            }
        }
    }

    @Test @LoopActor func `what no event tells of is found by looking`() async throws {
        let looks = WorkflowLibrary.Looks(watched: .milliseconds(5), unwatched: .seconds(86_400))
        try await withLibrary(looks) { library in
            // The file that a link leads to lies elsewhere: its change brings no event to the folder.
            let other = NSTemporaryDirectory() + "easel-linked-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: other) }
            try Data("{".utf8).write(to: URL(filePath: other))
            try FileManager.default.createSymbolicLink(atPath: folder + "/late.json", withDestinationPath: other)
            try await until { library["late"] != nil }
            #expect(library["late"]?.isReady == false)
            try Data(#"{"1": {"class_type": "Sample", "inputs": {"steps": 4}}}"#.utf8).write(to: URL(filePath: other))
            try await until { library["late"]?.isReady == true }
        }
    }
}

import Foundation
import Loop
import TestSupport
import Testing

/// The program as a process: where it prints, how it ends.
@Suite(.enabled(if: Program.isBuilt)) struct ProcessTests {
    init() { startLoop() }

    private static func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/sandbox-process-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    @Test func `SIGTERM ends it with 0 and takes its own PID file with it`() async throws {
        try await Self.withFolder { folder in
            let pidFile = folder + "/sandbox.pid"
            let program = try await Program([
                "SANDBOX_PORT": "0", "SANDBOX_PATH": folder, "EASEL_PID_FILE": pidFile,
            ])
            #expect(try await program.port() != nil)
            try String(program.process.processIdentifier).write(toFile: pidFile, atomically: true, encoding: .utf8)
            program.process.terminate()
            #expect(await program.status() == 0)
            #expect(program.process.terminationReason == .exit)
            #expect(!FileManager.default.fileExists(atPath: pidFile))
        }
    }

    @Test func `a taken port is one clear line and status 1`() async throws {
        try await Self.withFolder { folder in
            let first = try await Program(["SANDBOX_PORT": "0", "SANDBOX_PATH": folder + "/1"])
            let port = try #require(try await first.port())
            let second = try await Program(["SANDBOX_PORT": "\(port)", "SANDBOX_PATH": folder + "/2"])
            #expect(await second.status() == 1)
            let words = try await second.everythingOnStderr()
            #expect(words.split(separator: "\n").count == 1)
            #expect(words.contains("cannot listen on 127.0.0.1:\(port)") && words.contains("address already in use"))
            first.process.terminate()
            #expect(await first.status() == 0)
        }
    }

    @Test func `another's PID file stays`() async throws {
        try await Self.withFolder { folder in
            let pidFile = folder + "/other.pid"
            try "1".write(toFile: pidFile, atomically: true, encoding: .utf8)
            let program = try await Program([
                "SANDBOX_PORT": "0", "SANDBOX_PATH": folder, "EASEL_PID_FILE": pidFile,
            ])
            #expect(try await program.port() != nil)
            program.process.terminate()
            #expect(await program.status() == 0)
            #expect(try String(contentsOfFile: pidFile, encoding: .utf8) == "1")
        }
    }
}

/// The program, started. Nothing here blocks a thread that other tests need.
@LoopActor
private final class Program {
    nonisolated static let url = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("ComfySandbox")
    nonisolated static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: url.path) }

    let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private let hasEnded = LoopEvent()

    init(_ settings: [String: String]) throws {
        process.executableURL = Self.url
        process.environment = settings
        process.standardOutput = output
        process.standardError = errors
        process.terminationHandler = { [hasEnded] _ in
            Task(executorPreference: EventLoop.shared) { await hasEnded.signal() }
        }
        try process.run()
    }

    func status() async -> Int32 {
        try? await hasEnded.wait()
        return process.terminationStatus
    }

    /// The port in the line that the program prints.
    func port() async throws -> Int? {
        let handle = output.fileHandleForReading
        let line = String(decoding: try await offLoop { handle.availableData }, as: UTF8.self)
        guard line.hasPrefix("listening on 127.0.0.1:") else { return nil }
        return Int(line.dropFirst(23).filter(\.isNumber))
    }

    func everythingOnStderr() async throws -> String {
        let handle = errors.fileHandleForReading
        return String(decoding: try await offLoop { handle.readDataToEndOfFile() }, as: UTF8.self)
    }
}

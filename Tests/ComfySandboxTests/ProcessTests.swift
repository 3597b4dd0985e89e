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
            let program = try await Program(
                in: folder,
                [
                    "SANDBOX_PORT": "0", "SANDBOX_PATH": folder, "EASEL_PID_FILE": pidFile,
                ])
            #expect(try await program.port() != nil)
            try String(program.processID).write(toFile: pidFile, atomically: true, encoding: .utf8)
            await program.terminate()
            #expect(try await program.status() == 0)
            #expect(!FileManager.default.fileExists(atPath: pidFile))
        }
    }

    @Test func `a taken port is one clear line and status 1`() async throws {
        try await Self.withFolder { folder in
            let first = try await Program(in: folder, name: "1", ["SANDBOX_PORT": "0", "SANDBOX_PATH": folder + "/1"])
            let port = try #require(try await first.port())
            let second = try await Program(
                in: folder, name: "2", ["SANDBOX_PORT": "\(port)", "SANDBOX_PATH": folder + "/2"])
            #expect(try await second.status() == 1)
            let words = await second.everythingOnStderr
            #expect(words.split(separator: "\n").count == 1)
            #expect(words.contains("cannot listen on 127.0.0.1:\(port)") && words.contains("address already in use"))
            await first.terminate()
            #expect(try await first.status() == 0)
        }
    }

    @Test func `another's PID file stays`() async throws {
        try await Self.withFolder { folder in
            let pidFile = folder + "/other.pid"
            try "1".write(toFile: pidFile, atomically: true, encoding: .utf8)
            let program = try await Program(
                in: folder,
                [
                    "SANDBOX_PORT": "0", "SANDBOX_PATH": folder, "EASEL_PID_FILE": pidFile,
                ])
            #expect(try await program.port() != nil)
            await program.terminate()
            #expect(try await program.status() == 0)
            #expect(try String(contentsOfFile: pidFile, encoding: .utf8) == "1")
        }
    }
}

/// The program, started. Its output goes to files, and nothing here blocks a thread that other tests need.
@LoopActor
private final class Program {
    nonisolated static let url = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("ComfySandbox")
    nonisolated static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: url.path) }

    struct NotStarted: Error { let code: Int32 }

    let processID: pid_t
    private var ended: Int32?
    private let output: String
    private let errors: String

    /// - Parameter name: tells two programs of one folder apart.
    init(in folder: String, name: String = "program", _ settings: [String: String]) throws {
        output = folder + "/\(name).out"
        errors = folder + "/\(name).err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, path) in [(1 as Int32, output), (2, errors)] {
            posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        // A program that is built with a sanitizer is told what the tests are.
        let inherited = ProcessInfo.processInfo.environment.filter { $0.key.hasSuffix("SAN_OPTIONS") }
        let environment = settings.merging(inherited) { $1 }.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in environment { free(text) } }
        let arguments = [strdup(Self.url.path), nil]
        defer { free(arguments[0]) }
        var started: pid_t = 0
        let code = posix_spawn(&started, Self.url.path, &actions, nil, arguments, environment)
        guard code == 0 else { throw NotStarted(code: code) }
        processID = started
    }

    func terminate() { kill(processID, SIGTERM) }

    /// Whether it has ended; takes its status from the system when it has.
    private func hasEnded() -> Bool {
        if ended != nil { return true }
        var status: Int32 = 0
        if waitpid(processID, &status, WNOHANG) == processID { ended = status }
        return ended != nil
    }

    /// The exit status, or nil when a signal ended it.
    func status() async throws -> Int32? {
        while !hasEnded() { try await sleep(for: .milliseconds(5)) }
        return ended.flatMap { $0 & 0x7F == 0 ? $0 >> 8 & 0xFF : nil }
    }

    /// The port in the line that the program prints, waited for as long as the program lives.
    func port() async throws -> Int? {
        while !hasEnded() {
            let words = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            if words.hasPrefix("listening on 127.0.0.1:"), words.hasSuffix("\n") {
                return Int(words.dropFirst(23).dropLast())
            }
            try await sleep(for: .milliseconds(5))
        }
        return nil
    }

    var everythingOnStderr: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }
}

import Foundation
import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport

/// One Easel of its own: a temporary workspace, free ports, and the real programs started by the real `startup.sh`.
/// ``remove()`` ends all of it.
@LoopActor
final class Installation {
    struct Ports: Sendable {
        var backend: Int
        var gpu: Int
        var comfy: Int
    }

    let workspace: String
    let ports: Ports
    let backendHost: String
    let gpuHost: String
    /// On top of what every installation has.
    var environment: [String: String] = [:]
    let http = HTTPClient()

    nonisolated static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    init(backendHost: String = "127.0.0.1", gpuHost: String = "127.0.0.1") throws {
        startLoop()
        self.backendHost = backendHost
        self.gpuHost = gpuHost
        workspace = NSTemporaryDirectory() + "easel-test-\(UUID().uuidString.prefix(8))"
        ports = Ports(
            backend: try Self.freePort(backendHost), gpu: try Self.freePort(gpuHost),
            comfy: try Self.freePort("127.0.0.1"))
    }

    private static var givenPorts: Set<Int> = []

    /// A port that was free a moment ago, and that the kernel gives to no client: those get one of its own range.
    static func freePort(_ host: String) throws -> Int {
        let range = try String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let end = range.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) } ?? 32_768
        for _ in 0..<100 {
            let port = Int.random(in: 10_000..<max(end, 10_001))
            // Another test has it, and has not bound it yet.
            guard !givenPorts.contains(port), let listener = try? TCPListener(host: host, port: port) else { continue }
            listener.close()
            givenPorts.insert(port)
            return port
        }
        let listener = try TCPListener(host: host, port: 0)
        defer { listener.close() }
        return listener.port
    }

    var backendURL: String { "http://\(backendHost):\(ports.backend)" }
    var comfyURL: String { environment["COMFYUI_API_URL"] ?? "http://127.0.0.1:\(ports.comfy)" }

    private var allVariables: [String: String] {
        let own = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": workspace,
            "TMPDIR": workspace, "WORKSPACE": workspace, "EASEL_BIN": Self.root + "/.build/debug",
            "BACKEND_HOST": backendHost, "BACKEND_PORT": "\(ports.backend)", "GPU_SERVER_HOST": gpuHost,
            "GPU_SERVER_PORT": "\(ports.gpu)", "GPU_SERVICE_URL": "http://\(gpuHost):\(ports.gpu)",
            "COMFYUI_API_URL": "http://127.0.0.1:\(ports.comfy)", "SANDBOX_PORT": "\(ports.comfy)",
            "SANDBOX_PATH": workspace + "/sandbox", "SANDBOX_STEP_MS": "50",
        ]
        return own.merging(environment) { $1 }
    }

    // MARK: The script

    struct Ended: Sendable {
        var status: Int32
        var output: String
    }

    /// Runs `startup.sh` and waits for its end.
    ///
    /// - Parameter folder: of a release unpacked elsewhere, with its own programs; nil for this checkout.
    @discardableResult
    func startup(_ arguments: String..., from folder: String? = nil) async throws -> Ended {
        try FileManager.default.createDirectory(atPath: workspace, withIntermediateDirectories: true)
        var variables = allVariables
        if folder != nil { variables["EASEL_BIN"] = nil }
        return try await Self.run((folder ?? Self.root) + "/startup.sh", arguments, variables)
    }

    /// Starts the sandbox alone, where none was started with the rest.
    func startSandbox() async throws { try await startup("--sandbox") }

    /// Runs a program and waits for its end.
    nonisolated static func run(
        _ path: String, _ arguments: [String], _ variables: [String: String] = [:]
    ) async throws -> Ended {
        let output = Pipe()
        // A service that the program leaves behind would hold the pipe open by the copies that it inherits.
        for handle in [output.fileHandleForReading, output.fileHandleForWriting] {
            _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        let process = try ChildProcess(
            path, arguments, environment: variables, output: output.fileHandleForWriting.fileDescriptor)
        try output.fileHandleForWriting.close()
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let bytes = output.fileHandleForReading.readDataToEndOfFile()
                let text = String(decoding: bytes, as: UTF8.self)
                continuation.resume(returning: Ended(status: process.wait(), output: text))
            }
        }
    }

    // MARK: Processes

    /// The number in a PID file.
    func pid(_ name: String) -> Int32? {
        guard let text = try? String(contentsOfFile: "\(workspace)/\(name).pid", encoding: .utf8) else { return nil }
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    func hasPIDFile(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(workspace)/\(name).pid") }

    func write(pid: Int32, to name: String) throws {
        try FileManager.default.createDirectory(atPath: workspace, withIntermediateDirectories: true)
        try "\(pid)\n".write(toFile: "\(workspace)/\(name).pid", atomically: true, encoding: .utf8)
    }

    /// Sends a signal, and waits until the process has gone when it is one that ends it.
    func signal(_ number: Int32, _ name: String) async throws {
        guard let pid = pid(name) else { return }
        kill(pid, number)
        try await until("\(name) has ended") { !Self.isAlive(pid) }
    }

    /// Whether a process runs; a zombie does not.
    nonisolated static func isAlive(_ pid: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        let state = status.split(separator: ")").last?.split(separator: " ").first
        return state != "Z" && state != "X"
    }

    func log(_ name: String) -> String {
        (try? String(contentsOfFile: "\(workspace)/logs/\(name).log", encoding: .utf8)) ?? ""
    }

    /// Ends everything, and leaves nothing behind.
    func remove() async {
        _ = try? await startup("stop")
        http.close()
        try? FileManager.default.removeItem(atPath: workspace)
    }
}

/// Looks again and again until something holds; a minute without it is a failure.
@LoopActor
func until(_ what: String, _ condition: @LoopActor () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await sleep(for: .milliseconds(20))
    }
    throw NeverHappened(what: what)
}

struct NeverHappened: Error, CustomStringConvertible {
    let what: String
    var description: String { "waited in vain until \(what)" }
}

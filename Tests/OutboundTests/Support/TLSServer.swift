import Foundation
import Loop

/// An authority that nobody knows, and a server on 127.0.0.1 with a certificate of it: `openssl s_server` on a free port,
/// in a folder that is gone with it.
final class TLSServer: Sendable {
    /// Where `openssl` is, if it is installed.
    static let tool = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/openssl" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// The certificates of the server's authority, and of another one.
    let authority: String
    let stranger: String
    let port: Int
    private let folder: String
    /// Its output as well: a server that nobody listens to dies when it has something to say.
    private let running: Lock<(process: Process, output: FileHandle)>

    struct Failure: Error { let text: String }

    /// Makes keys and certificates and waits until the server listens; blocks meanwhile.
    init() throws {
        let folder = NSTemporaryDirectory() + "easel-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        do {
            for name in ["authority", "stranger"] { try Self.certify(name, "/CN=Easel's \(name)", in: folder) }
            try Self.certify(
                "server", "/CN=127.0.0.1", "-CA authority.pem -CAkey authority.key",
                "-addext subjectAltName=IP:127.0.0.1",
                "-addext basicConstraints=critical,CA:false", in: folder)
            let (server, output) = try Self.start(
                "s_server -accept 127.0.0.1:0 -cert server.pem -key server.key -www", in: folder)
            let text = try Self.read(output, until: /ACCEPT .*:[0-9]+\n/)
            guard let port = text.firstMatch(of: /ACCEPT .*:([0-9]+)\n/).flatMap({ Int($0.1) }) else {
                server.terminate()
                throw Failure(text: text)
            }
            self.port = port
            running = Lock((server, output))
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
        self.folder = folder
        (authority, stranger) = (folder + "/authority.pem", folder + "/stranger.pem")
    }

    var url: String { "https://127.0.0.1:\(port)/" }

    func stop() {
        running.withLock { $0.process.terminate() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Makes a key and a certificate for it, by itself or by another's key.
    private static func certify(_ name: String, _ subject: String, _ more: String..., in folder: String) throws {
        let words =
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout \(name).key -out \(name).pem"
        let (process, output) = try start(([words] + more).joined(separator: " "), ["-subj", subject], in: folder)
        let text = try read(output, until: /$^/)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(text: text) }
    }

    private static func start(
        _ words: String, _ more: [String] = [], in folder: String
    ) throws -> (Process, FileHandle) {
        guard let tool else { throw Failure(text: "there is no openssl") }
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = words.split(separator: " ").map(String.init) + more
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        return (process, output.fileHandleForReading)
    }

    /// What a program says, until it matches or the program has ended.
    private static func read(_ output: FileHandle, until end: Regex<Substring>) throws -> String {
        var text = ""
        while text.firstMatch(of: end) == nil, let data = try output.read(upToCount: 1), !data.isEmpty {
            text += String(decoding: data, as: UTF8.self)
        }
        return text
    }
}

import Foundation
import Loop

/// Starts the sandbox and ends with the process's status: 0 after SIGTERM or SIGINT, 1 where it cannot start.
@main
enum Main {
    static func main() {
        prepareProcess()
        acceptSignals()
        do {
            let settings = try Settings(environment: ProcessInfo.processInfo.environment)
            defer { removePIDFile(settings.pidFile) }
            try EventLoop.shared.run { try await serve(settings) }
        } catch let problem as Settings.Problem {
            fail(problem.message)
        } catch {
            fail("\(error)")
        }
    }

    @LoopActor
    private static func serve(_ settings: Settings) async throws {
        let sandbox = try Sandbox(settings)
        let port: Int
        do {
            port = try sandbox.listen()
        } catch {
            throw Settings.Problem(message: "cannot listen on \(settings.host):\(settings.port): \(error)")
        }
        // Before anybody can know that it runs, and so ask it to end.
        let signals = try [SIGTERM, SIGINT].map { signal in
            try SignalSource(signal) { Task(executorPreference: EventLoop.shared) { await sandbox.stop() } }
        }
        // Not through `print`, which keeps the line back while stdout is a pipe.
        FileHandle.standardOutput.write(Data("listening on \(settings.host):\(port)\n".utf8))
        Log(level: settings.logLevel).info(
            "this is a sandbox with no GPU: it speaks ComfyUI's protocol and makes up its pictures; files in \(settings.path)"
        )
        await sandbox.run()
        for signal in signals { signal.close() }
    }

    /// A program that starts another from one of its threads may leave it with SIGTERM blocked.
    private static func acceptSignals() {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    private static func fail(_ message: String) -> Never {
        Log.write(message)
        exit(1)
    }

    /// Only a file with this process's own number is removed: another one belongs to somebody else.
    private static func removePIDFile(_ path: String?) {
        guard let path, let text = try? String(contentsOfFile: path, encoding: .utf8),
            text.trimmingCharacters(in: .whitespacesAndNewlines) == String(getpid())
        else { return }
        try? FileManager.default.removeItem(atPath: path)
    }
}

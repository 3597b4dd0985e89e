internal import FoundationEssentials
internal import Glibc
internal import Logging
internal import Loop

extension Service {
    /// A whole program: reads its settings, then runs its body on the event loop until that returns.
    ///
    /// The process ends with 0 after a graceful stop, with 1 and one line on standard error when it could not start, with
    /// 1 when it failed later, and with 128 + the signal's number at a second signal.
    /// - Parameters:
    ///   - name: its logger's name: "backend".
    ///   - settings: reads its settings; it need not call `finish()`.
    ///   - body: makes its parts, calls ``started(host:port:dependencies:)`` and ``onStop(_:)``, and runs until stopped.
    public nonisolated static func main<Settings: Sendable>(
        name: String, version: String = EaselVersion.current, settings read: (SettingsReader) throws -> Settings,
        _ body: @escaping @LoopActor @Sendable (Settings, Service) async throws -> Void
    ) -> Never {
        prepareProcess()
        do {
            let reader = try SettingsReader.ofProcess()
            let settings = try read(reader)
            let facts = try prepare(name: name, version: version, reader)
            end(live(facts) { try await body(settings, $0) })
        } catch {
            complain("\(name) cannot start: \(error)")
            end(1)
        }
    }

    /// Reads what every program has, and sets up the log.
    private nonisolated static func prepare(
        name: String, version: String, _ reader: SettingsReader
    ) throws(ConfigurationError) -> Facts {
        let log = LogSettings(reading: reader)
        let grace = reader.duration(
            "SHUTDOWN_GRACE", default: 10, in: 0...3600, "seconds that requests in flight may take to end")
        try reader.finish()
        LoggingSystem.bootstrap { LineLogHandler(label: $0, settings: log) }
        return Facts(
            name: name, version: version, logger: Logger(label: name), grace: grace, settings: reader.asked)
    }

    /// - Returns: the exit code.
    private nonisolated static func live(
        _ facts: Facts, _ body: @escaping @LoopActor @Sendable (Service) async throws -> Void
    ) -> Int32 {
        let outcome = Lock(Ending.graceful)
        do {
            try EventLoop.shared.run {
                let service = Service(facts)
                do { try await service.run(body) } catch {
                    outcome.withLock { $0 = service.hasStarted ? .failed("\(error)") : .notStarted("\(error)") }
                }
            }
        } catch {
            outcome.withLock { $0 = .failed("\(error)") }
        }
        return tell(outcome.withLock { $0 }, facts)
    }

    private enum Ending: Sendable { case graceful, notStarted(String), failed(String) }

    private nonisolated static func tell(_ ending: Ending, _ facts: Facts) -> Int32 {
        switch ending {
        case .graceful:
            facts.logger.info("Stopped")
            return 0
        case .notStarted(let reason):
            complain("\(facts.name) cannot start: \(reason)")
            return 1
        case .failed(let reason):
            facts.logger.critical("Ended by an error", metadata: ["error": .string(reason)])
            return 1
        }
    }

    /// One line on standard error, whatever is in the text.
    private nonisolated static func complain(_ sentence: String) {
        var text = LogText()
        text.append(escaping: sentence)
        writeLine(text.bytes + [UInt8(ascii: "\n")], to: STDERR_FILENO)
    }

    /// Ends the process at once, its PID file with it. Nothing that is still running is waited for, and no destructor
    /// of a C library runs while its threads may be at work.
    nonisolated static func end(_ code: Int32) -> Never {
        if let path = ProcessInfo.processInfo.environment["EASEL_PID_FILE"], !path.isEmpty {
            PIDFile(path: path).remove(holding: getpid())
        }
        _exit(code)
    }
}

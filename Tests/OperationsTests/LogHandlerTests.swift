import HTTP
import HTTPTypes
import Logging
import Loop
import Operations
import TestSupport
import Testing

/// What a logger wrote.
private final class Lines: Sendable {
    private let kept = Lock<[String]>([])
    var all: [String] { kept.withLock { $0 } }

    func logger(_ level: Logger.Level) -> Logger {
        Logger(label: "backend") { label in
            LineLogHandler(label: label, settings: LogSettings(level: level)) { [kept] line in
                // Without the time, which is now.
                kept.withLock { $0.append(String(decoding: line.dropFirst(25), as: UTF8.self)) }
            }
        }
    }
}

@Suite struct LogHandlerTests {
    init() { startLoop() }

    @Test func `the level decides what is written`() {
        let lines = Lines()
        let logger = lines.logger(.warning)
        logger.info("quiet")
        logger.warning("loud")
        #expect(lines.all == ["WARNING backend: loud\n"])
    }

    @Test func `metadata of the logger and of the line are both there`() {
        let lines = Lines()
        var logger = lines.logger(.info)
        logger[metadataKey: "task"] = "1"
        logger[metadataKey: "other"] = "logger"
        logger.info("m", metadata: ["other": "line"])
        #expect(lines.all == ["INFO  backend: m other=line task=1\n"])
    }

    @Test(arguments: [
        ("DEBUG", "JSON", LogSettings(level: .debug, format: .json)),
        ("warning", "standard", LogSettings(level: .warning)), ("Error", "", LogSettings(level: .error)),
    ])
    func `level and format are read in any case`(level: String, format: String, settings: LogSettings) throws {
        let reader = SettingsReader(environment: ["LOG_LEVEL": level, "LOG_FORMAT": format])
        #expect(LogSettings(reading: reader) == settings)
        try reader.finish()
    }

    @Test func `an unknown level is refused`() {
        let reader = SettingsReader(environment: ["LOG_LEVEL": "loud"])
        _ = LogSettings(reading: reader)
        let error = #expect(throws: ConfigurationError.self) { try reader.finish() }
        #expect(error?.description == "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, not \"loud\"")
    }

    @LoopActor
    @Test func `a request is logged when its answer is ready and health only at debug`() async throws {
        let lines = Lines()
        let router = Router(failure: loggingFailures(lines.logger(.info)))
        router.use(RequestIDMiddleware())
        router.use(accessLog(lines.logger(.info)))
        router.on(.get, "/health") { _ in .text("ok") }
        router.on(.get, "/broken") { _ in throw CannotStart("disk full") }
        router.on(.get, "/refused") { _ in throw HTTPProblem(.conflict, "No.") }
        try await ask(router, for: ["/health", "/refused?signature=secret", "/broken"])
        let shown = lines.all.map { $0.replacing(/(ms|request_id)=[^ \n]+/) { "\($0.output.1)=" } }
        #expect(
            shown == [
                "INFO  backend: GET /refused 409 ms= peer=127.0.0.1 request_id=\n",
                "ERROR backend: GET /broken failed unexpectedly error=\"disk full\" request_id=\n",
                "INFO  backend: GET /broken 500 ms= peer=127.0.0.1 request_id=\n",
            ])
    }

    @LoopActor
    private func ask(_ router: Router, for targets: [String]) async throws {
        let server = try HTTPServer(host: "127.0.0.1", port: 0, router: router)
        let running = Task { await server.run() }
        for target in targets {
            let peer = try await TCPConnection.connect(host: "127.0.0.1", port: server.port, timeout: .seconds(60))
            try await peer.write(Array("GET \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
            while try await peer.read() != nil {}
            peer.close()
        }
        await server.stop(grace: .seconds(60))
        await running.value
    }
}

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
}

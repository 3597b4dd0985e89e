public import Logging

/// How much a program logs, and in which form.
public struct LogSettings: Sendable, Hashable {
    /// `standard`: lines for people. `json`: one JSON object a line.
    public enum Format: String, Sendable, CaseIterable { case standard, json }

    private enum Level: String, CaseIterable {
        case debug = "DEBUG"
        case info = "INFO"
        case warning = "WARNING"
        case error = "ERROR"

        var level: Logger.Level {
            switch self {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        }
    }

    public var level: Logger.Level
    public var format: Format

    public init(level: Logger.Level = .info, format: Format = .standard) {
        self.level = level
        self.format = format
    }

    /// Reads `LOG_LEVEL` and `LOG_FORMAT`.
    public init(reading settings: SettingsReader) {
        level = settings.choice("LOG_LEVEL", default: Level.info, "how much is logged").level
        format = settings.choice("LOG_FORMAT", default: Format.standard, "the form of the log's lines")
    }
}

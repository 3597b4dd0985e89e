internal import Glibc
public import Logging

/// swift-log's back end: one line for each event, in one `write(2)`, so that nothing is lost when the process dies and
/// lines of several threads do not mix.
public struct LineLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: LogSettings.Format
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - label: the logger's name, which every line carries.
    ///   - write: takes each line, its end included; standard output when not given.
    public init(
        label: String, settings: LogSettings, write: @escaping @Sendable ([UInt8]) -> Void = LineLogHandler.toOutput
    ) {
        self.label = label
        self.write = write
        logLevel = settings.level
        format = settings.format
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { $1 } }
        if let own = event.metadata { merged.merge(own) { $1 } }
        if let error = event.error, merged["error"] == nil { merged["error"] = "\(error)" }
        let line = LogLine(
            time: .now, level: event.level, logger: label, message: event.message.description, metadata: merged)
        write(line.bytes(format))
    }

    /// Writes a line to standard output. One that cannot be written is dropped: there is nowhere to say so.
    public static let toOutput: @Sendable ([UInt8]) -> Void = { writeLine($0, to: STDOUT_FILENO) }
}

/// Writes all of a line, in one call where the system takes it whole.
func writeLine(_ line: [UInt8], to descriptor: Int32) {
    var rest = line[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}

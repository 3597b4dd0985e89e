internal import JSONText
internal import Logging

/// What one line of the log says.
struct LogLine {
    let time: Timestamp
    let level: Logger.Level
    let logger: String
    let message: String
    let metadata: Logger.Metadata

    /// A longer text is cut: a log line is for reading.
    static let maximumTextBytes = 16 << 10

    /// The line with its end, in UTF-8.
    func bytes(_ format: LogSettings.Format) -> [UInt8] {
        switch format {
        case .standard: standard()
        case .json: json().serialized() + [UInt8(ascii: "\n")]
        }
    }

    private var sorted: [(key: String, value: Logger.MetadataValue)] { metadata.sorted { $0.key < $1.key } }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumTextBytes else { return text }
        return String(decoding: text.utf8.prefix(maximumTextBytes), as: UTF8.self) + "…"
    }

    // MARK: For people

    private func standard() -> [UInt8] {
        var text = LogText()
        time.append(to: &text)
        text.append(plain: " ")
        let name = level.label
        text.append(escaping: name)
        for _ in 0..<max(1, 6 - name.utf8.count) { text.append(plain: " ") }
        text.append(escaping: logger)
        text.append(plain: ": ")
        text.append(escaping: Self.cut(message))
        for (key, value) in sorted {
            text.append(plain: " ")
            text.append(escaping: key)
            text.append(plain: "=")
            Self.append(value, to: &text)
        }
        text.append(plain: "\n")
        return text.bytes
    }

    private static func append(_ value: Logger.MetadataValue, to text: inout LogText) {
        switch value {
        case .string(let value): append(value: cut(value), to: &text)
        case .stringConvertible(let value): append(value: cut(value.description), to: &text)
        case .array, .dictionary: text.append(escaping: cut(json(value).text))
        }
    }

    private static func append(value: String, to text: inout LogText) {
        let isOneWord =
            !value.utf8.isEmpty
            && !value.utf8.contains {
                $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=")
            }
        guard !isOneWord else { return text.append(escaping: value) }
        text.append(plain: "\"")
        text.append(escaping: value, quoted: true)
        text.append(plain: "\"")
    }

    // MARK: For programs

    private func json() -> JSON {
        var stamp = LogText()
        time.append(to: &stamp)
        var members: JSONObject = [
            "time": .string(String(decoding: stamp.bytes, as: UTF8.self)), "level": .string(level.label),
            "logger": .string(logger), "message": .string(Self.cut(message)),
        ]
        for (key, value) in sorted {
            // The four of every line keep their names; a member of the same name steps aside.
            members[members.contains(key) ? "metadata_" + key : key] = Self.json(value)
        }
        return .object(members)
    }

    private static func json(_ value: Logger.MetadataValue) -> JSON {
        switch value {
        case .string(let value): .string(cut(value))
        case .stringConvertible(let value): json(convertible: value)
        case .array(let values): .array(values.map(json))
        case .dictionary(let values):
            .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
        }
    }

    private static func json(convertible value: any CustomStringConvertible & Sendable) -> JSON {
        switch value {
        case let value as Bool: .bool(value)
        case let value as Int: JSON(value)
        case let value as UInt64: JSON(value)
        case let value as Double where value.isFinite: .double(value)
        default: .string(cut(value.description))
        }
    }
}

extension Logger.Level {
    /// As it stands in the log: "INFO".
    var label: String {
        switch self {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO"
        case .notice: "NOTICE"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "CRITICAL"
        }
    }
}

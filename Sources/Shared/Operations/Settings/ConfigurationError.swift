/// One setting that cannot be used.
public struct SettingFault: Sendable, Hashable, CustomStringConvertible {
    /// The variable's name.
    public let key: String
    /// What was given, masked and shortened for a log; nil when nothing was.
    public let value: String?
    /// What would be right: "a port, 0 to 65535".
    public let allowed: String

    public init(key: String, value: String?, allowed: String) {
        self.key = key
        self.value = value
        self.allowed = allowed
    }

    public var description: String {
        guard let value else { return "\(key) must be \(allowed)" }
        return "\(key) must be \(allowed), not \"\(value)\""
    }
}

/// Why a program cannot start with the settings it was given: every fault at once, in one line.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public let faults: [SettingFault]
    public let description: String

    public init(_ faults: [SettingFault]) {
        self.faults = faults
        description = faults.map(\.description).joined(separator: "; ")
    }

    /// A fault that is no single setting's.
    public init(_ message: String) {
        faults = []
        description = message
    }
}

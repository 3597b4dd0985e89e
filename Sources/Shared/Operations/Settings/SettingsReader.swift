internal import Configuration
internal import FoundationEssentials
internal import Logging

/// Reads a program's settings: from the environment first, then from a `.env` file, else the default.
///
/// An empty value is as good as none; unknown variables are passed over. A wrong value does not stop the reading: its
/// default is returned, and ``finish()`` names all of them. Every key asked for is kept in ``asked``.
public final class SettingsReader {
    private let environment: ConfigReader
    private let file: ConfigReader
    private var faults: [SettingFault] = []
    private(set) var known: [Setting] = []

    /// Every setting asked for so far, in that order, each once.
    public var asked: [Setting] { known }

    /// - Parameters:
    ///   - environment: the variables of the process.
    ///   - file: what a `.env` file adds.
    public init(environment: [String: String], file: EnvironmentFile? = nil) {
        self.environment = Self.reader(environment)
        self.file = Self.reader(file?.values ?? [:])
    }

    /// The settings of this process: its environment, and the file that `EASEL_ENV_FILE` names, else `.env` in the
    /// current folder where there is one.
    ///
    /// - Throws: ``ConfigurationError`` when the file cannot be read, or the named one is not there.
    public static func ofProcess() throws(ConfigurationError) -> SettingsReader {
        let environment = ProcessInfo.processInfo.environment
        let named = environment["EASEL_ENV_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        let file = try EnvironmentFile(path: named ?? ".env")
        if let named, file == nil {
            throw ConfigurationError("EASEL_ENV_FILE names \(named), and there is no such file")
        }
        return SettingsReader(environment: environment, file: file)
    }

    /// The library's own `.env` reader knows no quotes and no comment behind a value, so ours gives it the values.
    /// Upper-case names with underscores are keys of one component, which its key encoder leaves as they are.
    private static func reader(_ values: [String: String]) -> ConfigReader {
        let values = values.filter { !$0.value.isEmpty }
        return ConfigReader(
            provider: EnvironmentVariablesProvider(environmentVariables: values, secretsSpecifier: .all))
    }

    /// Ends the reading.
    ///
    /// - Throws: one ``ConfigurationError`` with every fault found.
    public func finish() throws(ConfigurationError) {
        guard faults.isEmpty else { throw ConfigurationError(faults) }
    }

    /// Adds a fault that only shows when settings are seen together; the value is not shown.
    ///
    /// - Parameter allowed: completes "KEY must be …".
    public func refuse(_ key: String, allowed: String) {
        faults.append(SettingFault(key: key, value: nil, allowed: allowed))
    }

    /// Reads any setting; the typed getters stand on it.
    ///
    /// - Parameters:
    ///   - other: the key that is read where `key` is not set.
    ///   - defaultText: the default as a `.env` file would give it; nil for none.
    ///   - allowed: completes "KEY must be …".
    ///   - about: what it means, in a few words.
    ///   - parse: gives nil for a value that is not allowed.
    public func value<Value>(
        _ key: String, or other: String? = nil, default fallback: Value, defaultText: String?, secret: Bool = false,
        allowed: String, about: String, parse: (String) -> Value?
    ) -> Value {
        let found = find(key) ?? other.flatMap(find)
        let shown = found.map { secret ? Secret.mask : Shown.value($0.text) }
        func note(_ name: String, standsInFor: String? = nil) {
            guard !known.contains(where: { $0.key == name }) else { return }
            known.append(
                Setting(
                    key: name, about: about, defaultText: defaultText, isSecret: secret, standsInFor: standsInFor,
                    shown: shown ?? defaultText, source: found?.source ?? .fallback))
        }
        note(key)
        if let other { note(other, standsInFor: key) }
        guard let found else { return fallback }
        guard let value = parse(found.text) else {
            let fault = SettingFault(key: found.key, value: secret ? nil : shown, allowed: allowed)
            if !faults.contains(fault) { faults.append(fault) }
            return fallback
        }
        return value
    }

    private func find(_ key: String) -> (key: String, text: String, source: Setting.Source)? {
        let name = ConfigKey([key])
        if let text = environment.string(forKey: name) { return (key, text, .environment) }
        return file.string(forKey: name).map { (key, $0, .file) }
    }

    /// Text without blanks around it, for everything but texts, which are taken as they are.
    static func trimmed(_ text: String) -> String {
        let blank: (Character) -> Bool = \.isWhitespace
        let start = text.drop(while: blank)
        return String(start[..<(start.lastIndex { !blank($0) }.map(start.index(after:)) ?? start.startIndex)])
    }
}

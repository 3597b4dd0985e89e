internal import FoundationEssentials

extension SettingsReader {
    /// A text with a default.
    public func string(_ key: String, or other: String? = nil, default fallback: String, _ about: String) -> String {
        value(key, or: other, default: fallback, defaultText: fallback, allowed: "a text", about: about) { $0 }
    }

    /// A text, nil when it is not set.
    public func string(_ key: String, _ about: String) -> String? {
        value(key, default: nil, defaultText: nil, allowed: "a text", about: about) { $0 }
    }

    /// A text that is never shown, nil when it is not set.
    public func secret(_ key: String, _ about: String) -> Secret? {
        value(key, default: nil, defaultText: nil, secret: true, allowed: "a text", about: about) { Secret($0) }
    }

    /// `1`, `true`, `yes`, `on` or `0`, `false`, `no`, `off`, in any case.
    public func bool(_ key: String, default fallback: Bool, _ about: String) -> Bool {
        value(
            key, default: fallback, defaultText: fallback ? "true" : "false", allowed: "true or false (1 or 0)",
            about: about
        ) { text in
            switch Self.trimmed(text).lowercased() {
            case "1", "true", "yes", "on": true
            case "0", "false", "no", "off": false
            default: nil
            }
        }
    }

    /// One of the cases of an enum, by its raw value in any case.
    public func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, default fallback: Choice, _ about: String
    ) -> Choice {
        value(
            key, default: fallback, defaultText: fallback.rawValue,
            allowed: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "), about: about
        ) { text in
            let wanted = Self.trimmed(text).lowercased()
            return Choice.allCases.first { $0.rawValue.lowercased() == wanted }
        }
    }

    /// A path. A relative one counts from the current folder; `~` is not expanded.
    ///
    /// - Parameter defaultText: what to document as the default where it is made of other settings.
    /// - Returns: an absolute path.
    public func path(_ key: String, default fallback: String, defaultText: String? = nil, _ about: String) -> String {
        value(
            key, default: Self.absolute(fallback), defaultText: defaultText ?? fallback, allowed: "a path",
            about: about, parse: Self.absolute)
    }

    /// A path, nil when it is not set.
    public func path(_ key: String, _ about: String) -> String? {
        value(key, default: nil, defaultText: nil, allowed: "a path", about: about) { Self.absolute($0) }
    }

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        let rest = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return FileManager.default.currentDirectoryPath + "/" + rest
    }

    /// `http://` and `https://` addresses with commas between, each once, without slashes at their ends.
    ///
    /// - Returns: at least one, in the order given.
    public func urls(_ key: String, default fallback: [String], _ about: String) -> [String] {
        value(
            key, default: fallback, defaultText: fallback.joined(separator: ","),
            allowed: "one or more http:// or https:// addresses with commas between", about: about
        ) { text in
            var addresses: [String] = []
            for part in text.split(separator: ",") where !part.allSatisfy(\.isWhitespace) {
                guard let address = HTTPAddress.parse(Self.trimmed(String(part))) else { return nil }
                if !addresses.contains(address) { addresses.append(address) }
            }
            return addresses.isEmpty ? nil : addresses
        }
    }

    /// One `http://` or `https://` address, without slashes at its end; nil when it is not set.
    public func url(_ key: String, _ about: String) -> String? {
        value(
            key, default: nil, defaultText: nil, allowed: "an http:// or https:// address", about: about
        ) { HTTPAddress.parse(Self.trimmed($0)) }
    }
}

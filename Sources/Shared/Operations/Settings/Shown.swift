/// How a setting's value, or a service's address, may be shown in a log, a metric or an error.
public enum Shown {
    static let maximumCharacters = 200

    /// One line, not too long, with stars for the user and password that a URL may carry.
    ///
    /// - Parameter text: any text; URLs in it are separated by commas.
    public static func value(_ text: String) -> String {
        let masked = text.split(separator: ",", omittingEmptySubsequences: false).map(withoutUser).joined(
            separator: ",")
        let short = masked.count > maximumCharacters ? masked.prefix(maximumCharacters) + "…" : masked[...]
        var shown = LogText()
        shown.append(escaping: String(short))
        return String(decoding: shown.bytes, as: UTF8.self)
    }

    private static func withoutUser(_ part: Substring) -> String {
        guard let marker = part.firstRange(of: "://") else { return String(part) }
        let rest = part[marker.upperBound...]
        guard let at = rest.prefix(while: { $0 != "/" }).lastIndex(of: "@") else { return String(part) }
        return part[..<marker.upperBound] + Secret.mask + rest[at...]
    }
}

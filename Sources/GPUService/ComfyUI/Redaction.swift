/// Takes the server's own paths out of a text before somebody outside reads it.
enum Redaction {
    /// Replaces each absolute path (`/a/b`, `C:\a`, `~/a`) by `…`, folds white space, and cuts at `limit` characters.
    static func redact(_ text: String, limit: Int = 300) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).map { word in
            word.split(separator: "'", omittingEmptySubsequences: false).map(redactWord).joined(separator: "'")
        }
        let line = words.joined(separator: " ")
        return line.count <= limit ? line : line.prefix(limit) + "…"
    }

    private static func redactWord(_ word: Substring) -> String {
        let opening = word.prefix { "\"`([{<=:,".contains($0) }
        let rest = word.dropFirst(opening.count)
        if isPath(rest) { return opening + "…" }
        // A path may follow a label with no blank: `path=/a/b`, `(open:/a/b)`, `file:///a/b`.
        guard let mark = rest.lastIndex(where: { "=:(\"[,".contains($0) }) else { return String(word) }
        let tail = rest[rest.index(after: mark)...]
        return isPath(tail) ? opening + rest[...mark] + "…" : String(word)
    }

    private static func isPath(_ text: Substring) -> Bool {
        if text.hasPrefix("~/") || text.hasPrefix("\\\\") { return true }
        if text.hasPrefix("/") { return text.dropFirst().contains { $0.isLetter || $0.isNumber } }
        let start = text.prefix(3)
        return start.count == 3 && start.first?.isLetter == true && start.dropFirst().first == ":"
            && (start.last == "\\" || start.last == "/")
    }
}

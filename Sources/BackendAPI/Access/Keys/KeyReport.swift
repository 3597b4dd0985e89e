import JSONText

/// What `keys …` prints: what a script wants to read, and beside it what a person does.
struct KeyReport: Sendable, Equatable {
    /// For standard output.
    var text = ""
    /// For standard error.
    var notes = ""

    init(_ reply: JSON, of asked: KeyArguments) {
        guard !asked.isJSON else {
            text = reply.text + "\n"
            return
        }
        let keys = reply["keys"]?.array ?? []
        let names = keys.map { "\($0["id"]?.string ?? "?") (\($0["name"]?.string ?? "?"))" }.joined(separator: ", ")
        switch asked.command {
        case .create:
            notes = "Key \(names) was made. This is the only time that it is shown:\n"
            text = "\(reply["key"]?.string ?? "")\n"
        case .revoke: notes = "Key \(names) is revoked.\n"
        case .list:
            text = Self.table(keys)
            if keys.isEmpty { notes = "There is no key.\n" }
        }
    }

    private static func table(_ keys: [JSON]) -> String {
        guard !keys.isEmpty else { return "" }
        let rows =
            [["ID", "NAME", "USER", "TIER", "SCOPES", "RATE", "TASKS", "STREAMS", "MB", "CREATED", "REVOKED"]]
            + keys.map(row)
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(
                separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private static func row(_ key: JSON) -> [String] {
        func text(_ name: String) -> String { key[name]?.string ?? "-" }
        func limit(_ name: String, _ unit: Int = 1) -> String {
            key[name]?.int.map { $0 == 0 ? "off" : String($0 / unit) } ?? "-"
        }
        return [
            text("id"), text("name"), text("user"), text("tier"),
            (key["scopes"]?.array ?? []).compactMap(\.string).joined(separator: ","), limit("requests_per_minute"),
            limit("tasks"), limit("streams"), limit("bytes_per_minute", 1 << 20), text("created_at"),
            text("revoked_at"),
        ]
    }
}

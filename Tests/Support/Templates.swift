import Foundation

/// The settings that a file of `env.templates` explains, set or commented out.
public func templateKeys(_ name: String) throws -> Set<String> {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "env.templates/\(name)"), encoding: .utf8)
    return Set(text.matches(of: /(?m)^#?([A-Z][A-Z0-9_]*)=/).map { String($0.1) })
}

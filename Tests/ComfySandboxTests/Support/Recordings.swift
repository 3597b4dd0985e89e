import Foundation
import JSONText

/// Exchanges with a real ComfyUI 0.3.64, trimmed.
enum Recordings {
    static let http: [JSON] = load("http")
    static let runs: [JSON] = load("runs")

    private static func load(_ name: String) -> [JSON] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Recordings/\(name).json")
        guard let data = try? Data(contentsOf: path), let json = try? JSON(parsing: [UInt8](data)) else { return [] }
        return json.array ?? []
    }

    /// The request's body.
    static func body(_ recording: JSON) -> [UInt8] {
        if let text = recording["text"]?.string { return Array(text.utf8) }
        return recording["b64"]?.string.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) } ?? []
    }
}

/// What two answers must have in common though ids, times and file lists differ: names, kinds, nesting.
enum Shape {
    /// Where the value first differs from the recorded one, or nil.
    static func difference(_ value: JSON, _ recorded: JSON, at path: String = "") -> String? {
        switch (value, recorded) {
        case (.object(let own), .object(let theirs)):
            if let missing = theirs.keys.first(where: { !own.contains($0) }) { return "\(path): \(missing) is missing" }
            if let extra = own.keys.first(where: { !theirs.contains($0) }) { return "\(path): \(extra) is too much" }
            return theirs.lazy.compactMap { name, member in
                own[name].flatMap { difference($0, member, at: path + "." + name) }
            }.first
        case (.array(let own), .array(let theirs)):
            guard own.count == theirs.count else { return "\(path): \(own.count) elements, not \(theirs.count)" }
            return zip(own, theirs).enumerated().lazy.compactMap { place, pair in
                difference(pair.0, pair.1, at: "\(path)[\(place)]")
            }.first
        default: return kind(value) == kind(recorded) ? nil : "\(path): \(value.text), not \(recorded.text)"
        }
    }

    private static func kind(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .integer, .unsigned: "integer"
        case .double: "double"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

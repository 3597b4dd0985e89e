import Foundation
import JSONText

/// The nodes that work on texts, for real.
enum TextNodes {
    /// What the node makes; nil when it is none of these.
    static func run(_ call: NodeCall) throws -> NodeResult? {
        switch call.name {
        case "StringConcatenate":
            return text(
                [call.text("string_a") ?? "", call.text("string_b") ?? ""].joined(
                    separator: call.text("delimiter") ?? ""))
        case "StringReplace":
            let string = call.text("string") ?? ""
            guard let find = call.text("find"), !find.isEmpty else { return text(string) }
            return text(string.replacingOccurrences(of: find, with: call.text("replace") ?? ""))
        case "RegexReplace": return text(try replaced(call))
        default: return nil
        }
    }

    private static func text(_ text: String) -> NodeResult { NodeResult(outputs: [.text(text)]) }

    private static func replaced(_ call: NodeCall) throws -> String {
        let string = call.text("string") ?? ""
        var options: NSRegularExpression.Options = []
        if call.literal("case_insensitive")?.bool ?? true { options.insert(.caseInsensitive) }
        if call.literal("multiline")?.bool ?? false { options.insert(.anchorsMatchLines) }
        if call.literal("dotall")?.bool ?? false { options.insert(.dotMatchesLineSeparators) }
        let pattern = call.text("regex_pattern") ?? ""
        guard let regex = try? NSRegularExpression(pattern: pattern, options: options) else {
            throw NodeFailure("re.error", "the pattern cannot be read")
        }
        var found = regex.matches(in: string, range: NSRange(string.startIndex..., in: string))
        if let count = call.int("count"), count > 0 { found = Array(found.prefix(count)) }
        // Python writes a group as \1 where Foundation writes $1.
        let escaped = (call.text("replace") ?? "").replacingOccurrences(of: "$", with: "\\$")
        let template = escaped.replacingOccurrences(of: #"\\(\d)"#, with: "\\$$1", options: .regularExpression)
        var result = string
        for match in found.reversed() {
            guard let range = Range(match.range, in: result) else { continue }
            result.replaceSubrange(
                range, with: regex.replacementString(for: match, in: string, offset: 0, template: template))
        }
        return result
    }
}

import JSONText

/// Checks one literal input value against its definition.
struct LiteralCheck {
    let input: InputDefinition
    let lists: ChoiceLists
    let fileExists: (String) -> Bool

    /// The value as ComfyUI coerces it, and what is wrong with it.
    func run(_ value: JSON) -> (JSON, [NodeIssue]) {
        do {
            let coerced = try coerce(value)
            return (coerced, issues(of: coerced))
        } catch {
            return (value, [.notConvertible(input, config: config, value: value, why: error.message)])
        }
    }

    private var config: JSON { input.config(lists) }

    private func coerce(_ value: JSON) throws(CoercionError) -> JSON {
        switch input.kind {
        case .int:
            let whole = try PythonText.int(value)
            return UInt64(exactly: whole).map { JSON($0) } ?? Int64(exactly: whole).map { .integer($0) }
                ?? .double(Double(whole))
        case .float: return .double(try PythonText.float(value))
        case .string: return .string(PythonText.str(value))
        case .boolean: return .bool(PythonText.truth(value))
        case .link, .choice: return value
        }
    }

    private func issues(of value: JSON) -> [NodeIssue] {
        switch input.kind {
        case .int(_, let min, let max, _):
            return range(value, isBelow: below(value, min), isAbove: above(value, max), min: json(min), max: json(max))
        case .float(_, let min, let max, _):
            let number = value.double ?? 0
            return range(value, isBelow: number < min, isAbove: number > max, min: .double(min), max: .double(max))
        case .choice(.inputFiles, _):
            let name = PythonText.str(value)
            return fileExists(name) ? [] : [.custom(input.name, "Invalid image file: \(name)")]
        case .choice(let source, _):
            let choices = lists.values(of: source)
            if let text = value.string, choices.contains(text) { return [] }
            return [.notInList(input.name, config: config, value: value, choices: choices)]
        case .link, .string, .boolean: return []
        }
    }

    private func range(_ value: JSON, isBelow: Bool, isAbove: Bool, min: JSON, max: JSON) -> [NodeIssue] {
        var issues: [NodeIssue] = []
        if isBelow { issues.append(.outOfRange(input.name, config: config, value: value, limit: min, isBelow: true)) }
        if isAbove { issues.append(.outOfRange(input.name, config: config, value: value, limit: max, isBelow: false)) }
        return issues
    }

    private func below(_ value: JSON, _ limit: Int128) -> Bool {
        (try? PythonText.int(value)).map { $0 < limit } ?? false
    }

    private func above(_ value: JSON, _ limit: Int128) -> Bool {
        // What does not even fit into 128 bits is above every limit here.
        (try? PythonText.int(value)).map { $0 > limit } ?? true
    }

    private func json(_ limit: Int128) -> JSON { UInt64(exactly: limit).map { JSON($0) } ?? .integer(Int64(limit)) }
}

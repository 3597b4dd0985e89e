internal import JSONText

/// Whether ComfyUI would take a literal for an input. It turns texts into numbers where they read as such.
struct LiteralJudge {
    enum Verdict {
        case fine
        /// A sentence with no full stop.
        case wrong(String)
        case notListed([JSON])
        case noPicture(String)
    }

    let input: NodeList.Input
    /// `The input steps of node 3 (KSampler)`
    let place: String

    func verdict(on value: JSON) -> Verdict {
        switch input.kind {
        case .integer(let bounds): number(value, bounds, isWhole: true)
        case .number(let bounds): number(value, bounds, isWhole: false)
        case .choice(let choices, let upload): choice(value, choices, upload)
        case .text, .boolean, .link, .other: .fine
        }
    }

    private func number(_ value: JSON, _ bounds: NodeList.Bounds, isWhole: Bool) -> Verdict {
        guard let number = Self.read(value, isWhole: isWhole) else {
            return .wrong("\(place) is \(shown(value)), which is no \(isWhole ? "whole " : "")number")
        }
        if let low = bounds.minimum, let least = ExactNumber(low), number < least {
            return .wrong("\(place) is \(shown(value)), less than the least allowed, \(low.text)")
        }
        if let high = bounds.maximum, let most = ExactNumber(high), most < number {
            return .wrong("\(place) is \(shown(value)), more than the most allowed, \(high.text)")
        }
        return .fine
    }

    private static func read(_ value: JSON, isWhole: Bool) -> ExactNumber? {
        switch value {
        case .bool(let truth): return .integer(truth ? 1 : 0)
        case .string(let text):
            let text = text.trimmingBlanks
            if let whole = Int128(text) { return .integer(whole) }
            return isWhole ? nil : Double(text).flatMap { ExactNumber(.double($0)) }
        default: return ExactNumber(value)
        }
    }

    private func choice(_ value: JSON, _ choices: [JSON]?, _ upload: NodeList.Upload?) -> Verdict {
        guard let choices, !choices.contains(where: { Self.same($0, value) }) else { return .fine }
        guard upload != nil else { return .notListed(choices) }
        // Files in subfolders and in other folders are not in the list.
        guard let name = value.string, !name.contains("/"), !name.hasSuffix("]") else { return .fine }
        return .noPicture(name)
    }

    private static func same(_ one: JSON, _ other: JSON) -> Bool {
        if let first = ExactNumber(one), let second = ExactNumber(other) { return first == second }
        return one == other
    }

    private func shown(_ value: JSON) -> String {
        String(value.text.prefix(60))
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

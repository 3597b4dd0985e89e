public import JSONText

/// One thing wrong with a request, as FastAPI tells it: the type names and messages are pydantic's (version 2), so
/// that a client written for such a service understands them.
public struct Fault: Sendable, Hashable {
    /// pydantic's name, for example `missing` or `less_than_equal`.
    public var type: String
    /// Where: `["body", "face_images", 0]`.
    public var loc: [JSONPathElement]
    /// A sentence for whoever sent the request.
    public var msg: String
    /// What was sent there, cut to 100 characters.
    public var input: JSON

    /// - Parameter input: what was sent, of any size; the fault keeps its first 100 characters.
    public init(type: String, loc: [JSONPathElement], msg: String, input: JSON) {
        self.type = type
        self.loc = loc
        self.msg = msg
        self.input = Self.cut(input)
    }

    /// One element of `detail`.
    public var json: JSON {
        ["type": .string(type), "loc": .array(loc.map(\.json)), "msg": .string(msg), "input": input]
    }

    /// The body of a 422 answer: `{"detail":[…]}`.
    public static func detail(_ faults: [Fault]) -> JSON {
        ["detail": .array(faults.map(\.json))]
    }

    private static let inputCharacters = 100

    /// The value itself when its text is short; else the first 100 characters of the string or of the text.
    static func cut(_ value: JSON) -> JSON {
        if case .string(let text) = value { return .string(String(text.prefix(inputCharacters))) }
        var budget = inputCharacters
        let text = shortened(value, &budget).text
        return text.count <= inputCharacters && budget >= 0 ? value : .string(String(text.prefix(inputCharacters)))
    }

    /// Leaves out what lies beyond the first hundred characters, so that a body of megabytes is never written out.
    private static func shortened(_ value: JSON, _ budget: inout Int) -> JSON {
        budget -= 1
        guard budget >= 0 else { return .null }
        switch value {
        case .string(let text):
            if text.utf8.count > 4 * inputCharacters { budget = -1 }
            return .string(String(text.prefix(inputCharacters)))
        case .array(let elements):
            var kept: [JSON] = []
            for element in elements where budget >= 0 { kept.append(shortened(element, &budget)) }
            return .array(kept)
        case .object(let members):
            var kept = JSONObject()
            for (name, member) in members where budget >= 0 {
                kept[String(name.prefix(inputCharacters))] = shortened(member, &budget)
            }
            return .object(kept)
        default: return value
        }
    }
}

extension Fault {
    /// A field that must be there is not; `input` is what it was looked for in.
    public static func missing(_ loc: [JSONPathElement], in input: JSON) -> Fault {
        Fault(type: "missing", loc: loc, msg: "Field required", input: input)
    }

    /// A field that nobody knows.
    public static func extraForbidden(_ loc: [JSONPathElement], input: JSON) -> Fault {
        Fault(type: "extra_forbidden", loc: loc, msg: "Extra inputs are not permitted", input: input)
    }

    /// A value of the right type that is wrong for a reason of its own; `reason` is a sentence with no full stop.
    public static func valueError(_ loc: [JSONPathElement], _ reason: String, input: JSON) -> Fault {
        Fault(type: "value_error", loc: loc, msg: "Value error, \(reason)", input: input)
    }

    /// A list has more elements than are looked at.
    public static func tooMany(_ loc: [JSONPathElement], most: Int, count: Int) -> Fault {
        Fault(
            type: "too_long", loc: loc,
            msg: "List should have at most \(most) item\(most == 1 ? "" : "s") after validation, not \(count)",
            input: .string("\(count) items"))
    }

    /// The body is no JSON.
    public static func invalidJSON(_ error: JSONError) -> Fault {
        Fault(
            type: "json_invalid", loc: ["body", .index(error.offset)], msg: "JSON decode error: \(error.reason)",
            input: [:])
    }

    /// The value is of another type than the one that was asked for.
    public static func wrongType(_ kind: ValueSchema.Kind, _ loc: [JSONPathElement], input: JSON) -> Fault {
        let (type, noun) =
            switch kind {
            case .string: ("string_type", "string")
            case .integer: ("int_type", "integer")
            case .number: ("float_type", "number")
            case .boolean: ("bool_type", "boolean")
            case .array: ("list_type", "list")
            }
        return Fault(type: type, loc: loc, msg: "Input should be a valid \(noun)", input: input)
    }
}

import JSONText

/// Values as Python's `str()` and `repr()` show them, because ComfyUI's messages hold them.
enum PythonText {
    /// `str(value)`.
    static func str(_ value: JSON) -> String {
        if case .string(let text) = value { text } else { repr(value) }
    }

    /// `repr(value)`.
    static func repr(_ value: JSON) -> String {
        switch value {
        case .null: "None"
        case .bool(let value): value ? "True" : "False"
        case .integer(let value): String(value)
        case .unsigned(let value): String(value)
        case .double(let value): value.description
        case .string(let text): repr(text)
        case .array(let elements): "[" + elements.map(repr).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.map { repr($0.key) + ": " + repr($0.value) }.joined(separator: ", ") + "}"
        }
    }

    /// `repr(text)`: single quotes, unless only those occur inside.
    static func repr(_ text: String) -> String {
        let quote: Character = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var result = String(quote)
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case quote: result += "\\" + String(quote)
            default: result.append(character)
            }
        }
        return result + String(quote)
    }

    /// The name of the value's type.
    static func type(of value: JSON) -> String {
        switch value {
        case .null: "NoneType"
        case .bool: "bool"
        case .integer, .unsigned: "int"
        case .double: "float"
        case .string: "str"
        case .array: "list"
        case .object: "dict"
        }
    }

    /// `bool(value)`.
    static func truth(_ value: JSON) -> Bool {
        switch value {
        case .null: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .unsigned: true
        case .double(let value): value != 0
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object(let members): !members.isEmpty
        }
    }
}

/// A value that Python's `int()` or `float()` refuses, with its words.
struct CoercionError: Error, Equatable { let message: String }

extension PythonText {
    /// `int(value)`: cuts fractions, reads texts.
    static func int(_ value: JSON) throws(CoercionError) -> Int128 {
        switch value {
        case .bool(let value): return value ? 1 : 0
        case .integer(let value): return Int128(value)
        case .unsigned(let value): return Int128(value)
        case .double(let value):
            guard let whole = Int128(exactly: value.rounded(.towardZero)) else {
                throw CoercionError(message: "cannot convert float infinity to integer")
            }
            return whole
        case .string(let text):
            let digits = text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
            guard let whole = Int128(String(digits).replacing("_", with: "")) else {
                throw CoercionError(message: "invalid literal for int() with base 10: \(repr(text))")
            }
            return whole
        case .null, .array, .object:
            throw CoercionError(
                message:
                    "int() argument must be a string, a bytes-like object or a real number, not '\(type(of: value))'"
            )
        }
    }

    /// `float(value)`.
    static func float(_ value: JSON) throws(CoercionError) -> Double {
        if let number = value.double { return number }
        switch value {
        case .bool(let value): return value ? 1 : 0
        case .string(let text):
            guard let number = Double(text.filter { !$0.isWhitespace }), number.isFinite else {
                throw CoercionError(message: "could not convert string to float: \(repr(text))")
            }
            return number
        default:
            throw CoercionError(
                message: "float() argument must be a string or a real number, not '\(type(of: value))'")
        }
    }
}

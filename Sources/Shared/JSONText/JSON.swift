/// A JSON value (RFC 8259) whose integers stay exact and whose objects keep the order of their members.
///
/// Integers from -9223372036854775808 to 18446744073709551615 keep every digit. Other numbers are doubles, so
/// `1` and `1.0` are different values, as they are different texts.
public enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    /// An integer that fits into 64 bits with a sign.
    case integer(Int64)
    /// An integer above `Int64.max`; smaller ones are always `.integer`. `JSON(_: UInt64)` picks the right case.
    case unsigned(UInt64)
    /// A number with a fraction or an exponent, or an integer too large for 64 bits.
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

extension JSON {
    /// An integer, in the case that its size asks for.
    public init(_ value: UInt64) {
        self = Int64(exactly: value).map(JSON.integer) ?? .unsigned(value)
    }

    /// An integer.
    public init(_ value: Int) {
        self = .integer(Int64(value))
    }

    public var isNull: Bool {
        self == .null
    }

    /// The string, or nil when the value is something else.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The integer when it fits into 64 bits with a sign; nil for every other value, `4.0` too.
    public var int: Int? {
        if case .integer(let value) = self { Int(value) } else { nil }
    }

    /// The integer when it is in 0…18446744073709551615.
    public var uint64: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .unsigned(let value): value
        default: nil
        }
    }

    /// Any number, rounded to the nearest double.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    public var array: [JSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member with this name; nil when there is none or the value is no object.
    public subscript(_ name: String) -> JSON? {
        object?[name]
    }

    /// The element at this place; nil when there is none or the value is no array.
    public subscript(_ index: Int) -> JSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// Where the first number that JSON cannot say (NaN, infinity) stands, or nil when there is none.
    ///
    /// The parser never makes one. A value put together by a program is asked before it is sent, because the
    /// serialiser writes `null` in the place of such a number.
    public var firstNonFinite: [JSONPathElement]? {
        switch self {
        case .double(let value):
            return value.isFinite ? nil : []
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let rest = element.firstNonFinite { return [.index(index)] + rest }
            }
        case .object(let members):
            for (name, value) in members {
                if let rest = value.firstNonFinite { return [.member(name)] + rest }
            }
        default: break
        }
        return nil
    }
}

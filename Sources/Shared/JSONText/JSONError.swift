/// Why a text is not the JSON that was expected, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place of the first byte at fault, counted from 0 over all that was fed. The length of the text when it
    /// ends too early.
    public var offset: Int
    /// What is wrong, in a few words with no capital and no full stop; holds nothing of the text itself.
    public var reason: String

    public init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    public var description: String {
        "\(reason) at byte \(offset)"
    }

    /// The line of the error in its text, from 1.
    public func line(in text: [UInt8]) -> Int {
        1 + text.prefix(max(0, offset)).count { $0 == UInt8(ascii: "\n") }
    }
}

/// One step from a JSON value to one inside it.
public enum JSONPathElement: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case member(String)
    case index(Int)

    public init(stringLiteral value: String) {
        self = .member(value)
    }

    public init(integerLiteral value: Int) {
        self = .index(value)
    }

    /// The step as FastAPI writes it in `loc`: a name or a number.
    public var json: JSON {
        switch self {
        case .member(let name): .string(name)
        case .index(let index): .integer(Int64(index))
        }
    }
}

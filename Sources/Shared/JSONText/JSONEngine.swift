/// The grammar of RFC 8259 as a state machine over pieces of text: no recursion, and an error is the same, byte and
/// reason, however the text was cut.
///
/// It knows nothing of sinks: when a string grows past the threshold, `run` stops and says so, and its owner takes
/// the bytes out of `text`. That keeps the loops here free of generics.
struct JSONEngine: Sendable {
    /// Why `run` came back.
    enum Step {
        case needInput
        /// A string value is longer than the threshold; answer with `takeString` before going on.
        case longString
        /// `text` holds the next piece of the string that is handed out.
        case piece
        /// The string that is handed out ends with what is in `text`; answer with `deliver`.
        case endOfString
    }

    enum Expectation {
        case value, valueOrEnd, name, nameOrEnd, colon, commaOrEnd, end
    }

    enum Token {
        case none, string, name, number, literal
    }

    struct Frame: Sendable {
        let isObject: Bool
        var elements: [JSON] = []
        var members = JSONObject()
        var name = ""
    }

    let limits: JSONLimits
    let spillThreshold: Int
    var expectation = Expectation.value
    var token = Token.none
    var stack: [Frame] = []
    var result: JSON?
    /// Bytes fed before the current chunk.
    var base = 0
    /// Where the token under way began.
    var tokenStart = 0
    /// What is kept of the token under way: a string's bytes with escapes resolved, or a number's characters.
    var text: [UInt8] = []
    var string = StringState()
    var literal = Literal.null
    var literalPlace = 0
    private var valueCount = 0

    init(limits: JSONLimits, spillThreshold: Int) {
        self.limits = limits
        self.spillThreshold = spillThreshold
    }

    /// Where the value under way stands in the tree.
    var path: [JSONPathElement] {
        stack.map { $0.isObject ? .member($0.name) : .index($0.elements.count) }
    }

    /// Reads on from `index` until the chunk is used up or the owner has something to do.
    mutating func run(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(JSONError) -> Step {
        while index < bytes.count {
            switch token {
            case .none: try structure(bytes, &index)
            case .number: try scanNumber(bytes, &index)
            case .literal: try scanLiteral(bytes, &index)
            case .string, .name:
                if let step = try scanString(bytes, &index) { return step }
            }
        }
        base += index
        index = 0
        return .needInput
    }

    /// The value, once all has been fed.
    mutating func finish() throws(JSONError) -> JSON {
        if token == .number { try endNumber() }
        guard expectation == .end, token == .none, let result else {
            throw JSONError(offset: base, reason: "unexpected end of text")
        }
        return result
    }

    /// Puts a finished value where it belongs.
    mutating func deliver(_ value: JSON) throws(JSONError) {
        valueCount += 1
        guard valueCount <= limits.values else {
            throw JSONError(offset: tokenStart, reason: "more than \(limits.values) values")
        }
        expectation = stack.isEmpty ? .end : .commaOrEnd
        if stack.isEmpty {
            result = value
        } else if stack[stack.count - 1].isObject {
            let last = stack.count - 1
            stack[last].members.set(stack[last].name, value)
        } else {
            stack[stack.count - 1].elements.append(value)
        }
    }

    /// Goes over blanks, brackets, colons and commas to the first byte of the next token.
    private mutating func structure(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(JSONError) {
        let byte = bytes[index]
        let offset = base + index
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
            index += 1
            return
        default: break
        }
        switch expectation {
        case .value, .valueOrEnd:
            try beginValue(byte, offset)
        case .name, .nameOrEnd:
            try beginName(byte, offset)
        case .colon:
            guard byte == UInt8(ascii: ":") else { throw JSONError(offset: offset, reason: "expected ':'") }
            expectation = .value
        case .commaOrEnd:
            try separate(byte, offset)
        case .end:
            throw JSONError(offset: offset, reason: "unexpected text after the value")
        }
        // The first byte of a number or literal is read again with the rest of it.
        if token != .number && token != .literal { index += 1 }
    }

    private mutating func beginValue(_ byte: UInt8, _ offset: Int) throws(JSONError) {
        tokenStart = offset
        switch byte {
        case UInt8(ascii: "\""): token = .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): token = .number
        case UInt8(ascii: "["): try open(isObject: false, offset)
        case UInt8(ascii: "{"): try open(isObject: true, offset)
        case UInt8(ascii: "]") where expectation == .valueOrEnd: try close()
        case UInt8(ascii: "n"): begin(.null)
        case UInt8(ascii: "t"): begin(.true)
        case UInt8(ascii: "f"): begin(.false)
        case 0xEF where offset == 0:
            throw JSONError(offset: 0, reason: "unexpected byte order mark")
        default: throw JSONError(offset: offset, reason: "expected a value")
        }
    }

    private mutating func beginName(_ byte: UInt8, _ offset: Int) throws(JSONError) {
        tokenStart = offset
        if byte == UInt8(ascii: "\"") {
            token = .name
        } else if byte == UInt8(ascii: "}") && expectation == .nameOrEnd {
            try close()
        } else {
            throw JSONError(offset: offset, reason: "expected a member name in quotes")
        }
    }

    private mutating func separate(_ byte: UInt8, _ offset: Int) throws(JSONError) {
        let inObject = stack[stack.count - 1].isObject
        switch byte {
        case UInt8(ascii: ","): expectation = inObject ? .name : .value
        case UInt8(ascii: "}") where inObject: try close()
        case UInt8(ascii: "]") where !inObject: try close()
        default: throw JSONError(offset: offset, reason: "expected ',' or '\(inObject ? "}" : "]")'")
        }
    }

    private mutating func open(isObject: Bool, _ offset: Int) throws(JSONError) {
        guard stack.count < limits.depth else {
            throw JSONError(offset: offset, reason: "more than \(limits.depth) levels deep")
        }
        stack.append(Frame(isObject: isObject))
        expectation = isObject ? .nameOrEnd : .valueOrEnd
    }

    private mutating func close() throws(JSONError) {
        let frame = stack.removeLast()
        try deliver(frame.isObject ? .object(frame.members) : .array(frame.elements))
    }
}

extension JSONEngine {
    enum Literal: Sendable {
        case null, `true`, `false`

        var spelling: StaticString {
            switch self {
            case .null: "null"
            case .true: "true"
            case .false: "false"
            }
        }

        var value: JSON {
            switch self {
            case .null: .null
            case .true: .bool(true)
            case .false: .bool(false)
            }
        }
    }

    mutating func begin(_ literal: Literal) {
        self.literal = literal
        literalPlace = 0
        token = .literal
    }

    mutating func scanLiteral(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(JSONError) {
        let spelling = literal.spelling
        while index < bytes.count && literalPlace < spelling.utf8CodeUnitCount {
            guard bytes[index] == spelling.utf8Start[literalPlace] else {
                throw JSONError(offset: base + index, reason: "expected '\(spelling)'")
            }
            index += 1
            literalPlace += 1
        }
        guard literalPlace == spelling.utf8CodeUnitCount else { return }
        token = .none
        try deliver(literal.value)
    }
}

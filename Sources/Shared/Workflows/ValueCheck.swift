internal import JSONText

/// Checks values against their schemas and gathers every fault.
struct ValueCheck {
    var faults: [Fault] = []

    /// The value as the graph gets it (`4.0` for an integer becomes `4`), or nil when it does not fit.
    mutating func check(_ value: JSON, against schema: ValueSchema, at loc: [JSONPathElement]) -> JSON? {
        let before = faults.count
        guard let converted = Self.converted(value, to: schema.kind) else {
            faults.append(Self.typeFault(value, schema, loc))
            return nil
        }
        if let choices = schema.choices, !choices.contains(where: { Self.same($0, converted) }) {
            fault("enum", loc, "Input should be \(Self.list(choices))", value)
        }
        switch converted {
        case .string(let text): check(text, schema, loc)
        case .array(let elements): return checkElements(elements, schema, loc)
        case .bool: break
        default: checkNumber(converted, schema, loc)
        }
        return faults.count == before ? converted : nil
    }

    /// The value in the type, or nil where it is of another. A double with nothing behind its point is an integer,
    /// as pydantic has it; a text that reads as a number is none.
    static func converted(_ value: JSON, to kind: ValueSchema.Kind) -> JSON? {
        switch (kind, value) {
        case (.string, .string), (.boolean, .bool), (.array, .array): return value
        case (.integer, .integer), (.integer, .unsigned), (.number, .integer), (.number, .unsigned): return value
        case (.number, .double(let number)): return number.isFinite ? value : nil
        case (.integer, .double(let number)):
            if let small = Int64(exactly: number) { return .integer(small) }
            return UInt64(exactly: number).map { JSON($0) }
        default: return nil
        }
    }

    private static func typeFault(_ value: JSON, _ schema: ValueSchema, _ loc: [JSONPathElement]) -> Fault {
        guard case .double(let number) = value, schema.kind == .integer || schema.kind == .number else {
            return .wrongType(schema.kind, loc, input: value)
        }
        guard number.isFinite else {
            return Fault(type: "finite_number", loc: loc, msg: "Input should be a finite number", input: .null)
        }
        if number != number.rounded() {
            let fraction = "Input should be a valid integer, got a number with a fractional part"
            return Fault(type: "int_from_float", loc: loc, msg: fraction, input: value)
        }
        // An integer of more than 64 bits: the bound that it breaks says more than its size.
        var bounds = ValueCheck()
        bounds.checkNumber(value, schema, loc)
        let size = "Unable to parse input string as an integer, exceeded maximum size"
        return bounds.faults.first ?? Fault(type: "int_parsing_size", loc: loc, msg: size, input: value)
    }

    private mutating func check(_ text: String, _ schema: ValueSchema, _ loc: [JSONPathElement]) {
        // What a URL's query holds may be secret.
        let shown = JSON.string(
            schema.format == .model || schema.format == .filename ? ModelReference(text).shown : text)
        let length = schema.minLength == nil && schema.maxLength == nil ? 0 : text.unicodeScalars.count
        if let least = schema.minLength, length < least {
            fault("string_too_short", loc, "String should have at least \(Self.count(least, "character"))", shown)
        }
        if let most = schema.maxLength, length > most {
            fault("string_too_long", loc, "String should have at most \(Self.count(most, "character"))", shown)
        }
        if schema.format == .filename, text.contains("://") {
            faults.append(.valueError(loc, "a file name is wanted here, not a URL", input: shown))
        } else if schema.format == .filename, let reason = FileNames.faultInChosen(text) {
            faults.append(.valueError(loc, "a file name \(reason)", input: shown))
        }
        if schema.format == .model, let reason = ModelReference(text).fault {
            faults.append(.valueError(loc, reason, input: shown))
        }
    }

    private mutating func checkNumber(_ value: JSON, _ schema: ValueSchema, _ loc: [JSONPathElement]) {
        guard let number = ExactNumber(value) else { return }
        func bound(_ limit: JSON?, _ breaks: (ExactNumber) -> Bool) -> String? {
            guard let limit, let exact = ExactNumber(limit), breaks(exact) else { return nil }
            return Self.text(limit)
        }
        if let limit = bound(schema.minimum, { number < $0 }) {
            fault("greater_than_equal", loc, "Input should be greater than or equal to \(limit)", value)
        }
        if let limit = bound(schema.maximum, { $0 < number }) {
            fault("less_than_equal", loc, "Input should be less than or equal to \(limit)", value)
        }
        if let limit = bound(schema.exclusiveMinimum, { !($0 < number) }) {
            fault("greater_than", loc, "Input should be greater than \(limit)", value)
        }
        if let limit = bound(schema.exclusiveMaximum, { !(number < $0) }) {
            fault("less_than", loc, "Input should be less than \(limit)", value)
        }
        if let step = bound(schema.multipleOf, { !number.isMultiple(of: $0) }) {
            fault("multiple_of", loc, "Input should be a multiple of \(step)", value)
        }
    }

    private mutating func checkElements(_ elements: [JSON], _ schema: ValueSchema, _ loc: [JSONPathElement]) -> JSON? {
        let before = faults.count
        if let least = schema.minItems, elements.count < least {
            let wanted = Self.count(least, "item")
            fault(
                "too_short", loc, "List should have at least \(wanted) after validation, not \(elements.count)",
                .array(elements))
        }
        if let most = schema.maxItems, elements.count > most {
            let wanted = Self.count(most, "item")
            fault(
                "too_long", loc, "List should have at most \(wanted) after validation, not \(elements.count)",
                .array(elements))
        }
        guard let items = schema.items else { return nil }
        var checked: [JSON] = []
        for (place, element) in elements.enumerated() where faults.count < ParameterValidator.faultLimit {
            if let value = check(element, against: items, at: loc + [.index(place)]) { checked.append(value) }
        }
        return faults.count == before ? .array(checked) : nil
    }

    private mutating func fault(_ type: String, _ loc: [JSONPathElement], _ msg: String, _ input: JSON) {
        faults.append(Fault(type: type, loc: loc, msg: msg, input: input))
    }

    private static func same(_ one: JSON, _ other: JSON) -> Bool {
        if let first = ExactNumber(one), let second = ExactNumber(other) { return first == second }
        return one == other
    }

    /// A bound as pydantic writes it: `1.0` is `1`.
    private static func text(_ limit: JSON) -> String {
        (converted(limit, to: .integer) ?? limit).text
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// `'a', 'b' or 'c'`
    private static func list(_ choices: [JSON]) -> String {
        let names = choices.map { choice in choice.string.map { "'\($0)'" } ?? choice.text }
        guard names.count > 1, let last = names.last else { return names.joined() }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }
}

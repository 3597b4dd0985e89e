public import JSONText

/// Checks the parameters of a request against what a workflow declares, all faults at once.
public struct ParameterValidator: Sendable {
    /// Faults beyond so many are not told: one answer must not be larger than the question.
    public static let faultLimit = 100

    /// What came of a request's parameters.
    public struct Outcome: Sendable, Hashable {
        /// Every parameter that has a value, defaults filled in, in the schema's order. Use it only with no faults.
        public var values: JSONObject
        public var faults: [Fault]
    }

    /// Gives a random seed; asked at most once for each `validate`.
    private let randomSeed: @Sendable () -> UInt64

    /// - Parameter randomSeed: any 64 random bits. The lower 53 become the seed, so that it survives clients whose
    ///   numbers are doubles.
    public init(randomSeed: @escaping @Sendable () -> UInt64) {
        self.randomSeed = randomSeed
    }

    /// Checks `params` and fills in what is absent: the default, or for a `seed` with no default a random one.
    /// A null is the same as an absent member.
    ///
    /// - Parameter locate: where the request has the parameter of this name, for `loc`.
    public func validate(
        _ params: JSONObject, against schema: ParameterSchema,
        locate: (_ name: String) -> [JSONPathElement] = { ["body", .member($0)] }
    ) -> Outcome {
        var check = ValueCheck()
        var values = JSONObject()
        for (name, parameter) in schema.parameters {
            if let value = params[name], !value.isNull {
                if let fine = check.check(value, against: parameter, at: locate(name)) { values[name] = fine }
            } else if let value = parameter.defaultValue ?? seed(name, parameter) {
                values[name] = value
            } else if schema.required.contains(name) {
                check.faults.append(.missing(locate(name), in: .object(params)))
            }
        }
        for (name, value) in params where schema[name] == nil && !value.isNull {
            check.faults.append(.extraForbidden(locate(name), input: value))
            if check.faults.count >= Self.faultLimit { break }
        }
        return Outcome(values: values, faults: Array(check.faults.prefix(Self.faultLimit)))
    }

    /// A seed within the parameter's bounds, for a parameter that is one.
    private func seed(_ name: String, _ schema: ValueSchema) -> JSON? {
        guard name == "seed", schema.kind == .integer else { return nil }
        let random = randomSeed() & (1 << 53 - 1)
        let low = schema.minimum?.uint64 ?? 0
        let high = max(low, schema.maximum?.uint64 ?? .max)
        let span = high - low
        return JSON(low + (span == .max ? random : random % (span + 1)))
    }
}

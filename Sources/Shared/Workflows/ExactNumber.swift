internal import JSONText

/// A JSON number that is compared without losing a digit of a 64-bit integer.
enum ExactNumber {
    case integer(Int128)
    case double(Double)

    init?(_ value: JSON) {
        switch value {
        case .integer(let number): self = .integer(Int128(number))
        case .unsigned(let number): self = .integer(Int128(number))
        case .double(let number):
            guard number.isFinite else { return nil }
            // Otherwise 2^64 would round to the largest seed, and be no larger than it.
            self = Int128(exactly: number).map(ExactNumber.integer) ?? .double(number)
        default: return nil
        }
    }

    private var rounded: Double {
        switch self {
        case .integer(let number): Double(number)
        case .double(let number): number
        }
    }

    var isPositive: Bool {
        rounded > 0
    }

    static func < (one: ExactNumber, other: ExactNumber) -> Bool {
        if case .integer(let first) = one, case .integer(let second) = other { return first < second }
        return one.rounded < other.rounded
    }

    static func == (one: ExactNumber, other: ExactNumber) -> Bool {
        !(one < other) && !(other < one)
    }

    /// Whether this is a whole multiple of a positive number. Doubles are given a billionth of a step, because 0.3 is
    /// no exact multiple of 0.1.
    func isMultiple(of step: ExactNumber) -> Bool {
        if case .integer(let number) = self, case .integer(let step) = step { return number % step == 0 }
        let steps = rounded / step.rounded
        return abs(steps - steps.rounded()) <= 1e-9 * max(1, abs(steps))
    }
}

extension SettingsReader {
    /// A whole number.
    public func int(
        _ key: String, or other: String? = nil, default fallback: Int, in range: ClosedRange<Int>, _ about: String
    ) -> Int {
        value(
            key, or: other, default: fallback, defaultText: String(fallback),
            allowed: "a whole number, \(range.lowerBound) to \(range.upperBound)", about: about
        ) { text in
            Self.wholeNumber(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A TCP port; 0 lets the system choose a free one.
    public func port(_ key: String, or other: String? = nil, default fallback: Int, _ about: String) -> Int {
        value(
            key, or: other, default: fallback, defaultText: String(fallback), allowed: "a port, 0 to 65535",
            about: about
        ) { text in
            Self.wholeNumber(text).flatMap { (0...65535).contains($0) ? $0 : nil }
        }
    }

    /// Megabytes of 2^20 bytes.
    ///
    /// - Returns: bytes.
    public func megabytes(
        _ key: String, default fallback: Int, in range: ClosedRange<Int> = 1...65536, _ about: String
    ) -> Int {
        int(key, default: fallback, in: range, about) << 20
    }

    /// What the number of a duration counts.
    public enum DurationUnit: String, Sendable {
        case seconds, minutes, hours

        var seconds: Double {
            switch self {
            case .seconds: 1
            case .minutes: 60
            case .hours: 3600
            }
        }
    }

    /// A length of time as a decimal number such as `90` or `0.5`. Default and range count the same unit.
    public func duration(
        _ key: String, default fallback: Double, in range: ClosedRange<Double>, unit: DurationUnit = .seconds,
        _ about: String
    ) -> Duration {
        let number = value(
            key, default: fallback, defaultText: Self.text(fallback),
            allowed: "a number of \(unit), \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))",
            about: about
        ) { text in
            Self.decimalNumber(text).flatMap { range.contains($0) ? $0 : nil }
        }
        return .microseconds(Int64((number * unit.seconds * 1_000_000).rounded()))
    }

    /// The plain decimal text of a number: "180", "0.5".
    private static func text(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
    }

    private static func wholeNumber(_ text: String) -> Int? {
        let text = trimmed(text)
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// Digits with one point at most: no exponent, no "inf", no hexadecimal, which `Double` would all take.
    private static func decimalNumber(_ text: String) -> Double? {
        let text = trimmed(text)
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let areDigits = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.count <= 12 && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        return areDigits ? Double(text) : nil
    }
}

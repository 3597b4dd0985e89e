import HTTP
import JSONText
import Workflows

extension Request {
    /// A whole number of the query.
    ///
    /// - Throws: ``Unprocessable``.
    func number(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = query(name) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw Unprocessable(
                faults: [
                    .valueError(
                        ["query", .member(name)], "it must be a whole number from \(range.lowerBound)",
                        input: .string(text))
                ])
        }
        return number
    }
}

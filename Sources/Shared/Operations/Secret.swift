/// A text that no log, error or dump may show: it prints as `***` everywhere.
///
/// It cannot be compared with `==`, which would tell by its time how much of a guess is right; compare what
/// ``reveal()`` gives in constant time.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    public init(_ text: String) { self.text = text }

    /// The text itself, for the one place that needs it. Never to be kept or printed.
    public func reveal() -> String { text }

    /// What stands for every secret, whatever its length.
    public static let mask = "***"

    public var description: String { Self.mask }
    public var debugDescription: String { Self.mask }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

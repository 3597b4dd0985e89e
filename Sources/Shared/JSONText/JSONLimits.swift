/// What a text may cost before it is refused. The length of the whole text is bounded by whoever reads it.
public struct JSONLimits: Sendable, Hashable {
    /// Arrays and objects inside one another.
    public var depth: Int
    /// Values in all: elements, members and the outermost one.
    public var values: Int
    /// Bytes of one string value that is kept in memory, escapes resolved. Strings given to a sink have no limit
    /// here: the sink may refuse them.
    public var stringBytes: Int
    /// Bytes of a member name.
    public var nameBytes: Int
    /// Characters of one number.
    public var numberBytes: Int

    public init(
        depth: Int = 128, values: Int = 1_000_000, stringBytes: Int = 128 << 20, nameBytes: Int = 64 << 10,
        numberBytes: Int = 1024
    ) {
        self.depth = depth
        self.values = values
        self.stringBytes = stringBytes
        self.nameBytes = nameBytes
        self.numberBytes = numberBytes
    }

    /// 128 deep, a million values, 128 MB a string, 64 KB a name, 1024 characters a number.
    public static let `default` = JSONLimits()
}

/// The order of node ids: by their numbers. A node inside a subgraph has the id `57:8`.
enum NodeID {
    static func precedes(_ one: String, _ other: String) -> Bool {
        let (first, second) = (key(one), key(other))
        guard first.count > 0, second.count > 0 else {
            return first.count == second.count ? one < other : first.count > 0
        }
        return first == second ? one < other : first.lexicographicallyPrecedes(second)
    }

    /// Empty for an id that is not made of numbers.
    private static func key(_ id: String) -> [UInt64] {
        let parts = id.split(separator: ":", omittingEmptySubsequences: false).map { UInt64($0) }
        return parts.contains(nil) ? [] : parts.compactMap(\.self)
    }
}

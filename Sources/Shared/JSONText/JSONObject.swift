/// The members of a JSON object, in the order in which they came.
///
/// Names are compared byte by byte, as RFC 8259 section 8.3 has it: two spellings of `é` are two names. A name that
/// is set twice keeps its first place and its last value. Two objects are equal when they hold the same members in
/// any order. Up to 16 members are searched one after another, more through an index.
public struct JSONObject: Sendable {
    private var members: [(key: String, value: JSON)] = []
    private var index: [ExactName: Int]?
    private static let indexedAbove = 16

    public init() {}

    /// The members in this order; of two with one name the later value counts.
    public init(_ members: some Sequence<(String, JSON)>) {
        for (name, value) in members { self[name] = value }
    }

    public var count: Int {
        members.count
    }

    public var isEmpty: Bool {
        members.isEmpty
    }

    /// The names in order.
    public var keys: [String] {
        members.map(\.key)
    }

    /// The values in order.
    public var values: [JSON] {
        members.map(\.value)
    }

    /// The value of a member. Setting nil removes it; to hold a null, set `.null`.
    public subscript(_ name: String) -> JSON? {
        get {
            place(of: name).map { members[$0].value }
        }
        set {
            guard let newValue else {
                removeValue(forKey: name)
                return
            }
            set(name, newValue)
        }
    }

    public func contains(_ name: String) -> Bool {
        place(of: name) != nil
    }

    /// Removes a member and gives its value. Takes time in proportion to the members behind it.
    @discardableResult
    public mutating func removeValue(forKey name: String) -> JSON? {
        guard let place = place(of: name) else { return nil }
        index = nil
        let value = members.remove(at: place).value
        if members.count > Self.indexedAbove { buildIndex() }
        return value
    }

    /// This object with the members of another set over its own.
    public func merging(_ other: JSONObject) -> JSONObject {
        var result = self
        for (name, value) in other { result[name] = value }
        return result
    }

    mutating func set(_ name: String, _ value: JSON) {
        if let place = place(of: name) {
            members[place].value = value
            return
        }
        members.append((name, value))
        if index != nil {
            index?[ExactName(name)] = members.count - 1
        } else if members.count > Self.indexedAbove {
            buildIndex()
        }
    }

    private func place(of name: String) -> Int? {
        if let index { return index[ExactName(name)] }
        return members.firstIndex { ExactName.same($0.key, name) }
    }

    private mutating func buildIndex() {
        var built = [ExactName: Int](minimumCapacity: members.count * 2)
        for (place, member) in members.enumerated() { built[ExactName(member.key)] = place }
        index = built
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[(key: String, value: JSON)]> {
        members.makeIterator()
    }

    public var underestimatedCount: Int {
        members.count
    }
}

extension JSONObject: Hashable {
    public static func == (one: JSONObject, other: JSONObject) -> Bool {
        guard one.count == other.count else { return false }
        return one.members.allSatisfy { other[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for (name, value) in members {
            var own = Hasher()
            own.combine(ExactName(name))
            own.combine(value)
            sum ^= own.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral, CustomStringConvertible {
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self.init(elements)
    }

    public var description: String {
        JSON.object(self).text
    }
}

/// A member name that is equal to another only when all bytes are; Swift's own `==` holds two spellings of one
/// letter for the same.
private struct ExactName: Hashable {
    let name: String

    init(_ name: String) {
        self.name = name
    }

    static func same(_ one: String, _ other: String) -> Bool {
        guard one.utf8.count == other.utf8.count else { return false }
        // In their places: to walk two `UTF8View`s costs many times as much.
        let isSame = one.utf8.withContiguousStorageIfAvailable { one in
            other.utf8.withContiguousStorageIfAvailable { other in one.elementsEqual(other) }
        }
        return (isSame ?? nil) ?? one.utf8.elementsEqual(other.utf8)
    }

    static func == (one: ExactName, other: ExactName) -> Bool {
        same(one.name, other.name)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }
}

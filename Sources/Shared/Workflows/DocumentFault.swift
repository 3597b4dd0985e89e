public import JSONText

/// Something wrong in a file of the workflow folder: where in its JSON, and what.
public struct DocumentFault: Error, Sendable, Hashable {
    public var path: [JSONPathElement]
    /// A clause with no capital and no full stop: `must be a number`.
    public var reason: String

    public init(_ path: [JSONPathElement], _ reason: String) {
        self.path = path
        self.reason = reason
    }

    /// `name.manifest.json:12: parameters.properties.steps.minimum must be a number`
    ///
    /// - Parameter text: the file's bytes, in which the line is counted.
    public func message(file: String, text: [UInt8]) -> String {
        let steps = path.map { step in
            switch step {
            case .member(let name): name
            case .index(let index): String(index)
            }
        }
        let place = steps.isEmpty ? "the file" : steps.joined(separator: ".")
        return "\(file):\(JSON.line(of: path, in: text)): \(place) \(reason)"
    }
}

/// Takes typed members out of an object that a person wrote, and gathers everything that is wrong with it.
struct MemberReader {
    let members: JSONObject
    let path: [JSONPathElement]
    var faults: [DocumentFault] = []
    private var known: Set<String> = []

    init(_ members: JSONObject, at path: [JSONPathElement]) {
        self.members = members
        self.path = path
    }

    /// A member as it is; null counts as absent.
    mutating func value(_ name: String) -> JSON? {
        known.insert(name)
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }

    mutating func string(_ name: String) -> String? {
        take(name, "must be a string", \.string)
    }

    mutating func requiredString(_ name: String) -> String? {
        if value(name) == nil { fault([], "needs the member `\(name)`") }
        return string(name)
    }

    mutating func number(_ name: String) -> JSON? {
        take(name, "must be a number") { $0.double == nil ? Optional.none : $0 }
    }

    /// A whole number from 0.
    mutating func count(_ name: String) -> Int? {
        take(name, "must be a whole number from 0") { $0.int.flatMap { $0 >= 0 ? $0 : nil } }
    }

    mutating func array(_ name: String) -> [JSON]? {
        take(name, "must be a list", \.array)
    }

    mutating func object(_ name: String) -> JSONObject? {
        take(name, "must be an object", \.object)
    }

    /// Notes a fault at a path inside this object.
    mutating func fault(_ inside: [JSONPathElement], _ reason: String) {
        faults.append(DocumentFault(path + inside, reason))
    }

    /// Refuses what no one asked for: a misspelt keyword must not pass for a rule that is kept.
    mutating func refuseUnknown() {
        for name in members.keys where !known.contains(name) { fault([.member(name)], "is not a known member here") }
    }

    private mutating func take<Value>(_ name: String, _ reason: String, _ read: (JSON) -> Value?) -> Value? {
        guard let value = value(name) else { return nil }
        if let found = read(value) { return found }
        fault([.member(name)], reason)
        return nil
    }
}

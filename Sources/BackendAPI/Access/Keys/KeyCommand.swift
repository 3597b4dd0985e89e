import JSONText

/// What `keys …` can be told. It goes to the backend that runs as one line of JSON.
enum KeyCommand: Sendable, Equatable {
    case create(KeyOrder)
    case list
    /// By id, or by a name that is one key's.
    case revoke(String)
}

/// Why a command was not done, as the rest of a sentence.
struct KeyFault: Error, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What came of a command.
struct KeyReply: Sendable, Equatable {
    var keys: [AccessKey] = []
    /// The text of a new key.
    var text: String?

    var json: JSON {
        var members: JSONObject = ["keys": .array(keys.map(\.json))]
        if let text { members["key"] = .string(text) }
        return .object(members)
    }
}

extension KeyCommand {
    var json: JSON {
        switch self {
        case .list: ["command": "list"]
        case .revoke(let name): ["command": "revoke", "name": .string(name)]
        case .create(let order):
            [
                "command": "create", "name": .string(order.name), "user": order.user.map(JSON.string) ?? .null,
                "tier": .string(order.tier.rawValue), "scopes": .array(Scope.sorted(order.scopes).map(JSON.string)),
                "requests_per_minute": order.limits.requestsPerMinute.map { JSON($0) } ?? .null,
                "tasks": order.limits.tasks.map { JSON($0) } ?? .null,
                "streams": order.limits.streams.map { JSON($0) } ?? .null,
                "bytes_per_minute": order.limits.bytesPerMinute.map { JSON($0) } ?? .null,
            ]
        }
    }

    /// - Throws: ``KeyFault`` for what is no command.
    init(json: JSON) throws(KeyFault) {
        let name = json["name"]?.string ?? ""
        switch json["command"]?.string {
        case "list": self = .list
        case "revoke":
            guard !name.isEmpty else { throw KeyFault("revoke needs the id or the name of a key") }
            self = .revoke(name)
        case "create": self = .create(try KeyOrder(json: json))
        default: throw KeyFault("the command is none of create, list, revoke")
        }
    }
}

extension KeyOrder {
    fileprivate init(json: JSON) throws(KeyFault) {
        self.init(name: try Self.text(json["name"]?.string ?? "", of: "name"))
        if let user = json["user"]?.string { self.user = try Self.text(user, of: "user") }
        if let tier = json["tier"]?.string { self.tier = try Self.choice(tier, of: "tier") }
        if let scopes = json["scopes"]?.array {
            var chosen: Set<Scope> = []
            for scope in scopes { chosen.insert(try Self.choice(scope.string ?? "", of: "scope")) }
            self.scopes = chosen
        }
        guard !scopes.isEmpty else { throw KeyFault("a key needs at least one scope") }
        limits = KeyLimits(
            requestsPerMinute: try Self.limit(json, "requests_per_minute"), tasks: try Self.limit(json, "tasks"),
            streams: try Self.limit(json, "streams"), bytesPerMinute: try Self.limit(json, "bytes_per_minute"))
    }

    private static func text(_ text: String, of what: String) throws(KeyFault) -> String {
        guard (1...100).contains(text.count), text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { throw KeyFault("a key's \(what) is 1 to 100 characters") }
        return text
    }

    private static func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ text: String, of what: String
    ) throws(KeyFault) -> Choice {
        guard let choice = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw KeyFault("a key's \(what) is one of \(all)")
        }
        return choice
    }

    private static func limit(_ json: JSON, _ name: String) throws(KeyFault) -> Int? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let number = value.int, (0...1_000_000_000_000).contains(number) else {
            throw KeyFault("\(name) is a whole number from 0 (no limit)")
        }
        return number
    }
}

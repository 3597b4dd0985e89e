import JSONText

/// `keys …` as it is typed.
struct KeyArguments: Sendable, Equatable {
    var command: KeyCommand
    /// Answer in JSON.
    var isJSON = false

    static let usage = """
        Usage: keys create --name NAME [--user USER] [--tier free|basic|pro|enterprise]
                           [--scopes generate,read,admin] [--rate N/min|off] [--megabytes N/min|off]
                           [--tasks N|off] [--streams N|off]
               keys list
               keys revoke ID|NAME

        create prints the new key, once: only its hash is kept. Scopes are generate,read unless said; without a limit of
        its own a key has the service's (RATE_LIMIT, BYTE_LIMIT, MAX_CLIENT_TASKS, MAX_CLIENT_STREAMS). revoke holds from the
        next request on. With --json the answer is JSON.

        """

    /// - Parameter arguments: what follows `keys`.
    /// - Throws: ``KeyFault``.
    init(_ arguments: [String]) throws(KeyFault) {
        var words = arguments.filter { $0 != "--json" }
        isJSON = words.count < arguments.count
        guard !words.isEmpty else { throw KeyFault("keys needs a command") }
        let verb = words.removeFirst()
        switch verb {
        case "list" where words.isEmpty: command = .list
        case "revoke" where words.count == 1:
            command = try KeyCommand(json: ["command": "revoke", "name": .string(words[0])])
        case "create": command = try Self.create(words)
        default: throw KeyFault("\"keys \(arguments.joined(separator: " "))\" is not understood")
        }
    }

    private static func create(_ words: [String]) throws(KeyFault) -> KeyCommand {
        var members: JSONObject = ["command": "create"]
        var rest = words[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { throw KeyFault("\(option) needs a value") }
            switch option {
            case "--name": members["name"] = .string(value)
            case "--user": members["user"] = .string(value)
            case "--tier": members["tier"] = .string(value)
            case "--scopes": members["scopes"] = .array(value.split(separator: ",").map { .string(String($0)) })
            case "--rate": members["requests_per_minute"] = JSON(try limit(value, option))
            case "--tasks": members["tasks"] = JSON(try limit(value, option))
            case "--streams": members["streams"] = JSON(try limit(value, option))
            case "--megabytes": members["bytes_per_minute"] = JSON(try limit(value, option) << 20)
            default: throw KeyFault("there is no option \(option)")
            }
        }
        guard members["name"] != nil else { throw KeyFault("create needs --name") }
        return try KeyCommand(json: .object(members))
    }

    private static func limit(_ text: String, _ option: String) throws(KeyFault) -> Int {
        if text == "off" { return 0 }
        let isRate = !["--tasks", "--streams"].contains(option)
        let digits = isRate && text.hasSuffix("/min") ? text.dropLast(4) : text[...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
            (1...1_000_000).contains(number)
        else { throw KeyFault("\(option) is a number from 1 to 1000000, or off") }
        return number
    }
}

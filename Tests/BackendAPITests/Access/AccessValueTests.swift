import Crypto
import HTTP
import HTTPTypes
import JSONText
import Operations
import Testing

@testable import BackendAPI

@Suite struct AccessValueTests {
    @Test func `a key matches its own text alone, and keeps only the hash of it`() {
        let (key, text) = AccessKey.make(KeyOrder(name: "app"), at: 1)
        #expect(AccessKey.id(in: text) == key.id)
        #expect(key.matches(text) && !key.matches(text + "0") && !key.matches(""))
        var wrong = Array(text)
        wrong[wrong.count - 1] = wrong.last == "0" ? "1" : "0"
        #expect(AccessKey.id(in: String(wrong)) == key.id && !key.matches(String(wrong)))
        #expect(key.hash == SHA256.hash(text).bytes)
        #expect(!key.json.text.contains(text.suffix(64)) && !"\(key)".contains(text.suffix(64)))
        #expect(AccessKey.make(KeyOrder(name: "app"), at: 1).text != text)
    }

    @Test(arguments: [
        "", "easel_", "easel_0123456789ab", "easel_0123456789ab_ff", "sk-1",
        "easel__" + .init(repeating: "a", count: 76),
    ])
    func `what is no key has no id`(text: String) { #expect(AccessKey.id(in: text) == nil) }

    @Test(
        arguments: [
            (.get, "/health", .open), (.head, "/health", .open), (.get, "/docs", .open), (.get, "/openapi.json", .open),
            (.options, "/generate", .open), (.get, "/health/x", .scope(.read)), (.get, "/metrics", .administration),
            (.get, "/tasks", .scope(.read)), (.post, "/generate", .scope(.generate)),
            (.delete, "/tasks/1", .scope(.generate)), (.get, "/anything/new", .scope(.read)),
            (.post, "/health", .open), (.init("PURGE")!, "/x", .scope(.generate)),
        ] as [(HTTPRequest.Method, String, AccessDoor)]) func `what is not opened is closed`(
            method: HTTPRequest.Method, path: String, door: AccessDoor
        )
    { #expect(AccessDoor.of(method, path) == door) }

    @Test func `a key comes as Bearer or as X-API-Key`() {
        func read(_ fields: HTTPFields, _ readsAPIKey: Bool = true) -> PresentedKey {
            PresentedKey(fields, readsAPIKey: readsAPIKey)
        }
        #expect(read([:]) == .none)
        #expect(read([.authorization: "Bearer k"]) == .text("k"))
        #expect(read([.authorization: "bearer   k"]) == .text("k"))
        #expect(read([.xAPIKey: "k"]) == .text("k"))
        #expect(read([.authorization: "Bearer k", .xAPIKey: "k"]) == .text("k"))
        #expect(read([.authorization: "Bearer k", .xAPIKey: "l"]) == .unreadable)
        #expect(read([.authorization: "Bearer"]) == .unreadable)
        #expect(read([.xAPIKey: ""]) == .unreadable)
        #expect(read([.authorization: "Basic dTpw"]) == .none)
        #expect(read([.xAPIKey: "l"], false) == .none)
        #expect(read([.authorization: "Bearer k", .xAPIKey: "l"], false) == .text("k"))
    }

    @Test func `administrators may do everything, others what is theirs`() {
        var key = AccessKey.make(KeyOrder(name: "a", scopes: [.read]), at: 0).key
        #expect(key.allows(.read) && !key.allows(.generate) && !key.allows(.admin))
        key.scopes = [.admin]
        #expect(Scope.allCases.allSatisfy(key.allows))
    }

    @Test func `a signature is good for its path and its time alone`() throws {
        let signer = ImageSigner(secret: Array(repeating: 7, count: 32))
        let url = signer.signed("/images/a.png", until: 1000)
        let signature = String(try #require(url.split(separator: "signature=").last))
        func check(_ path: String, _ expires: String, _ signature: String, at time: Int64 = 999) -> Bool {
            (try? signer.check(path, expires: expires, signature: signature, at: time)) != nil
        }
        #expect(url == "/images/a.png?expires=1000&signature=\(signature)" && signature.count == 64)
        #expect(check("/images/a.png", "1000", signature))
        #expect(!check("/images/a.png", "1000", signature, at: 1000))
        #expect(!check("/images/b.png", "1000", signature))
        #expect(!check("/images/a.png", "1001", signature))
        #expect(!check("/images/a.png", "+1000", signature))
        #expect(!check("/images/a.png", "", signature))
        #expect(!check("/images/a.png", "1000", ""))
        #expect(!check("/images/a.png", "1000", signature.uppercased()))
        let other = ImageSigner(secret: Array(repeating: 8, count: 32)).signed("/images/a.png", until: 1000)
        #expect(other != url)
    }

    // MARK: Commands

    @Test func `a command is typed, and travels as JSON`() throws {
        let words =
            "create --name app --user u1 --tier pro --scopes read,admin --rate 60/min --megabytes 5"
            + " --tasks off --streams 8"
        let asked = try KeyArguments(words.split(separator: " ").map(String.init))
        let order = KeyOrder(
            name: "app", user: "u1", tier: .pro, scopes: [.read, .admin],
            limits: KeyLimits(requestsPerMinute: 60, tasks: 0, streams: 8, bytesPerMinute: 5 << 20))
        #expect(asked.command == .create(order) && !asked.isJSON)
        #expect(try KeyCommand(json: asked.command.json) == asked.command)
        #expect(try KeyArguments(["create", "--name", "x"]).command == .create(KeyOrder(name: "x")))
        #expect(try KeyArguments(["list", "--json"]).isJSON)
        #expect(try KeyArguments(["revoke", "app"]).command == .revoke("app"))
        for command in [KeyCommand.list, .revoke("a")] { #expect(try KeyCommand(json: command.json) == command) }
    }

    @Test(arguments: [
        "", "create", "create --name", "create --name a --tier gold", "create --name a --scopes", "lst",
        "create --name a --scopes read,root", "create --name a --rate 0", "create --name a --rate -5",
        "create --name a --rate 1e3", "create --name a --colour red", "revoke", "revoke a b", "list all",
        "create --name a --tasks 5/min", "create --name a --streams 5/min", "create --name a --scopes ,",
    ]) func `what is no command is refused`(words: String) {
        #expect(throws: KeyFault.self) { try KeyArguments(words.split(separator: " ").map(String.init)) }
    }

    @Test func `a list can be read`() throws {
        var key = AccessKey.make(KeyOrder(name: "app", limits: KeyLimits(requestsPerMinute: 60, tasks: 0)), at: 0).key
        key.id = "0123456789ab"
        let report = KeyReport(KeyReply(keys: [key]).json, of: try KeyArguments(["list"]))
        #expect(
            report.text == """
                ID            NAME  USER  TIER  SCOPES         RATE  TASKS  STREAMS  MB  CREATED                   REVOKED
                0123456789ab  app   -     free  generate,read  60    off    -        -   1970-01-01T00:00:00.000Z  -

                """)
        let made = KeyReport(
            KeyReply(keys: [key], text: "easel_x").json, of: try KeyArguments(["create", "--name", "a"]))
        #expect(made.text == "easel_x\n" && !made.notes.contains("easel_x"))
    }

    // MARK: Settings

    private func settings(_ environment: [String: String]) throws -> AccessSettings {
        let reader = SettingsReader(environment: environment)
        let configuration = Configuration(reading: reader)
        try reader.finish()
        return configuration.access
    }

    @Test func `the doors as they are set`() throws {
        let usual = try settings([:])
        #expect(usual.auth == .optional && usual.limits == ClientLimits() && usual.corsOrigins.isEmpty)
        #expect(usual.proxies == TrustedProxies() && !usual.isLocal)
        let set = try settings([
            "AUTH": "Required", "RATE_LIMIT": "60/min", "BYTE_LIMIT": "2/min", "MAX_CLIENT_TASKS": "4",
            "MAX_CLIENT_STREAMS": "8",
            "CORS_ORIGINS": "https://app.example, http://localhost:5173", "BACKEND_HOST": "::1",
        ])
        #expect(set.auth == .required && set.isLocal)
        #expect(set.limits == ClientLimits(requestsPerMinute: 60, tasks: 4, streams: 8, bytesPerMinute: 2 << 20))
        #expect(set.corsOrigins == ["https://app.example", "http://localhost:5173"])
    }

    @Test(arguments: [
        ["AUTH": "none"], ["AUTH": "off"], ["AUTH": "off", "BACKEND_HOST": "192.0.2.1"], ["RATE_LIMIT": "60"],
        ["RATE_LIMIT": "0/min"], ["RATE_LIMIT": "60/s"], ["TRUSTED_PROXIES": "proxy.example"],
        ["CORS_ORIGINS": "https://app.example/"], ["CORS_ORIGINS": "https://App.example"],
        ["CORS_ORIGINS": "*,https://a.b"],
        ["CORS_ORIGINS": "null"], ["MAX_CLIENT_TASKS": "-1"], ["MAX_CLIENT_STREAMS": "x"],
        ["CORS_ORIGINS": "https://*.example"],
    ]) func `what leaves a door open by mistake stops the start`(environment: [String: String]) {
        #expect(throws: ConfigurationError.self) { try settings(environment) }
    }

    @Test func `no door at all is for this machine, or for who insists`() throws {
        #expect(try settings(["AUTH": "off", "BACKEND_HOST": "127.0.0.1"]).auth == .off)
        #expect(try settings(["AUTH": "off", "ALLOW_INSECURE": "1"]).auth == .off)
    }
}

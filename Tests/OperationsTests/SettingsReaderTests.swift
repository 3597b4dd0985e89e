import Logging
import Operations
import Testing

private enum Auth: String, CaseIterable { case off, optional, required }

@Suite struct SettingsReaderTests {
    @Test(arguments: [
        ("8080", 8080), (" 8080 ", 8080), ("0", 0), ("65535", 65535), ("08000", 8000),
    ])
    func `a port is a whole number up to 65535`(text: String, port: Int) throws {
        let reader = SettingsReader(environment: ["PORT": text])
        #expect(reader.port("PORT", default: 1, "where") == port)
        try reader.finish()
    }

    @Test(arguments: ["65536", "-1", "80x", "8 0", "1e3", "0x50", "８０", "99999999999999999999", "+1", "-"])
    func `what is no port is refused by name`(text: String) {
        let reader = SettingsReader(environment: ["BACKEND_PORT": text])
        #expect(reader.port("BACKEND_PORT", default: 8000, "where") == 8000)
        #expect(message(of: reader) == "BACKEND_PORT must be a port, 0 to 65535, not \"\(text)\"")
    }

    @Test func `every fault is told at once`() throws {
        let reader = SettingsReader(environment: ["A": "x", "B": "maybe", "C": "ftp://x", "D": "nan", "E": "no way"])
        _ = reader.int("A", default: 1, in: 1...9, "")
        _ = reader.bool("B", default: true, "")
        _ = reader.urls("C", default: ["http://localhost"], "")
        _ = reader.duration("D", default: 1, in: 0.5...10, "")
        _ = reader.choice("E", default: Auth.optional, "")
        let error = #expect(throws: ConfigurationError.self) { try reader.finish() }
        #expect(error?.faults.map(\.key) == ["A", "B", "C", "D", "E"])
        let text = try #require(error?.description)
        #expect(text.contains("A must be a whole number, 1 to 9, not \"x\"; B must be true or false (1 or 0)"))
        #expect(text.contains("a number of seconds, 0.5 to 10, not \"nan\""))
        #expect(text.contains("one of off, optional, required, not \"no way\""))
    }

    @Test func `the environment wins over the file and an empty value is as none`() throws {
        let file = EnvironmentFile(parsing: Array("A=file\nB=file\nC=\nD=file".utf8))
        let reader = SettingsReader(environment: ["A": "environment", "B": "", "UNKNOWN": "?"], file: file)
        #expect(reader.string("A", default: "default", "") == "environment")
        #expect(reader.string("B", default: "default", "") == "file")
        #expect(reader.string("C", default: "default", "") == "default")
        #expect(reader.string("C2", "") == nil)
        #expect(reader.asked.map(\.source) == [.environment, .file, .fallback, .fallback])
        try reader.finish()
    }

    @Test func `PORT is read where BACKEND_PORT is not set`() {
        func port(_ environment: [String: String]) -> Int {
            SettingsReader(environment: environment).port("BACKEND_PORT", or: "PORT", default: 8000, "")
        }
        #expect(port([:]) == 8000)
        #expect(port(["PORT": "9000"]) == 9000)
        #expect(port(["PORT": "9000", "BACKEND_PORT": "9001"]) == 9001)
        let reader = SettingsReader(environment: ["PORT": "x"])
        _ = reader.port("BACKEND_PORT", or: "PORT", default: 8000, "")
        #expect(message(of: reader)?.hasPrefix("PORT must be") == true)
        #expect(reader.asked.map(\.standsInFor) == [nil, "BACKEND_PORT"])
    }

    @Test(arguments: [
        ("180", Duration.seconds(180)), ("0.5", .milliseconds(500)), ("0.000001", .microseconds(1)),
        ("1e3", nil), ("inf", nil), ("-1", nil), (".5", nil), ("5.", nil), ("3601", nil), ("1.2.3", nil),
    ])
    func `a duration is a decimal number in its range`(text: String, duration: Duration?) {
        let reader = SettingsReader(environment: ["X": text])
        #expect(reader.duration("X", default: 7, in: 0...3600, "") == duration ?? .seconds(7))
        #expect((message(of: reader) == nil) == (duration != nil))
    }

    @Test func `units are turned into what the program counts in`() {
        let reader = SettingsReader(environment: ["HOURS": "1.5", "MB": "10"])
        #expect(reader.duration("HOURS", default: 24, in: 0...1000, unit: .hours, "") == .seconds(5400))
        #expect(reader.megabytes("MB", default: 1, "") == 10 * 1024 * 1024)
    }

    @Test(arguments: [
        ("1", true), ("TRUE", true), ("on", true), ("0", false), ("False", false), ("no", false), ("2", nil),
    ])
    func `a switch has a few spellings`(text: String, value: Bool?) {
        for fallback in [true, false] {
            let reader = SettingsReader(environment: ["X": text])
            #expect(reader.bool("X", default: fallback, "") == value ?? fallback)
            #expect((message(of: reader) == nil) == (value != nil))
        }
    }

    @Test func `a choice is found in any case`() {
        let reader = SettingsReader(environment: ["AUTH": "Required"])
        #expect(reader.choice("AUTH", default: Auth.off, "") == .required)
    }

    @Test(arguments: [
        ("http://a:8001", ["http://a:8001"]),
        ("http://a/ , https://b:1/x//,", ["http://a", "https://b:1/x"]),
        ("http://a,http://a/", ["http://a"]),
        ("HTTP://[::1]:8001", ["HTTP://[::1]:8001"]),
        ("http://user:pass@host", ["http://user:pass@host"]),
        ("localhost:8001", nil), ("http://", nil), ("http:///x", nil), (",", nil), ("http://a:0", nil),
        ("http://a:65536", nil), ("http://a:x", nil), ("http://a b", nil), ("http://a?x=1", nil), ("http://[::1", nil),
        ("ftp://a", nil), ("http://a\u{7}", nil), ("http://:80", nil), ("http://user@", nil), ("http://a:", nil),
    ])
    func `addresses are checked and tidied`(text: String, urls: [String]?) {
        let reader = SettingsReader(environment: ["X": text])
        #expect(reader.urls("X", default: ["http://default"], "") == urls ?? ["http://default"])
        #expect((message(of: reader) == nil) == (urls != nil))
    }

    @Test func `a relative path counts from the current folder`() {
        let reader = SettingsReader(environment: ["A": "/abs/x", "B": "./rel", "C": "~/x"])
        #expect(reader.path("A", default: "x", "") == "/abs/x")
        let relative = reader.path("B", default: "x", "")
        #expect(relative.hasPrefix("/") && relative.hasSuffix("/rel") && !relative.contains("./"))
        #expect(reader.path("C", default: "x", "").hasSuffix("/~/x"))
        #expect(reader.path("D", default: "/w/data", defaultText: "/workspace/data", "") == "/w/data")
        #expect(reader.asked.last?.defaultText == "/workspace/data")
        #expect(reader.path("E", "") == nil)
    }

    @Test func `what is asked is kept once with its default and secrets masked`() {
        let reader = SettingsReader(environment: [
            "KEY": "hunter2", "URL": "http://me:hunter2@host", "LOG_LEVEL": "debug",
        ])
        #expect(reader.secret("KEY", "shared")?.reveal() == "hunter2")
        _ = reader.url("URL", "where")
        for _ in 0..<2 { #expect(LogSettings(reading: reader) == LogSettings(level: .debug, format: .standard)) }
        _ = reader.secret("NONE", "")
        #expect(reader.asked.map(\.key) == ["KEY", "URL", "LOG_LEVEL", "LOG_FORMAT", "NONE"])
        #expect(reader.asked.map(\.shown) == ["***", "http://***@host", "debug", "standard", nil])
        #expect(reader.asked.map(\.defaultText) == [nil, nil, "INFO", "standard", nil])
        #expect(!"\(reader.asked)".contains("hunter2"))
    }

    @Test func `a wrong value is shown in one line and a secret one not at all`() throws {
        let reader = SettingsReader(environment: [
            "A": "x\ny\u{1b}[2J" + String(repeating: "z", count: 5000), "B": "hunter2", "C": "ftp://me:hunter2@host",
        ])
        _ = reader.int("A", default: 1, in: 1...2, "")
        let none: Int? = reader.value(
            "B", default: nil, defaultText: nil, secret: true, allowed: "64 hexadecimal digits", about: ""
        ) { _ in nil }
        #expect(none == nil)
        _ = reader.url("C", "")
        reader.refuse("HOST", allowed: "a loopback address while GPU_SERVICE_SECRET is not set")
        let text = try #require(message(of: reader))
        #expect(text.hasPrefix("A must be a whole number, 1 to 2, not \"x\\ny\\u001b[2Jzzz"))
        #expect(text.utf8.count < 1000)
        #expect(text.contains("B must be 64 hexadecimal digits; C must be"))
        #expect(text.hasSuffix("HOST must be a loopback address while GPU_SERVICE_SECRET is not set"))
        #expect(!text.contains("hunter2"))
    }

    private func message(of reader: SettingsReader) -> String? {
        do { try reader.finish() } catch { return error.description }
        return nil
    }
}

import Foundation
import Operations
import Testing

/// Each line and what `startup.sh` makes of it too.
private let lines: [(line: String, value: String?)] = [
    ("KEY=value", "value"),
    ("KEY=", ""),
    ("  KEY = value  ", "value"),
    ("\tKEY\t=\tvalue\t", "value"),
    ("export KEY=value", "value"),
    ("export \t KEY=value", "value"),
    ("exportKEY=value", nil),
    ("KEY=value # comment", "value"),
    ("KEY=value\t# comment", "value"),
    ("KEY=value#no-comment", "value#no-comment"),
    ("KEY=#value", "#value"),
    ("KEY= # nothing", ""),
    ("#KEY=value", nil),
    (" # KEY=value", nil),
    ("KEY=\"two words\"", "two words"),
    ("KEY='two words'", "two words"),
    ("KEY=\"  kept # too \" # comment", "  kept # too "),
    ("KEY='say \"hi\"'", "say \"hi\""),
    ("KEY=\"it's\"", "it's"),
    ("KEY=\"\"", ""),
    ("KEY=\"open", "\"open"),
    ("KEY='open # comment", "'open"),
    ("KEY=it's", "it's"),
    ("KEY=a=b=c", "a=b=c"),
    ("KEY=$HOME/${X}\\n", "$HOME/${X}\\n"),
    ("KEY=value\r", "value"),
    ("\u{feff}KEY=value", "value"),
    ("KEY=first\nKEY=second", "second"),
    ("KEY=first\nKEY=", ""),
    ("KEY", nil),
    ("=value", nil),
    ("OTHER=1\n\n\nKEY=größe 🙂", "größe 🙂"),
    ("MYKEY=value", nil),
    ("KEY2=value", nil),
    ("KEY-2=value", nil),
    ("KEY value=x", nil),
]

@Suite struct EnvironmentFileTests {
    @Test(arguments: lines)
    func `a line gives its key a value`(line: String, value: String?) {
        #expect(EnvironmentFile(parsing: Array(line.utf8)).values["KEY"] == value)
    }

    @Test func `any bytes are read`() {
        var state: UInt64 = 42
        for _ in 0..<2000 {
            let bytes = (0..<24).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let alphabet = Array("KEY=\"'# \n\r\u{feff}export".utf8) + [0, 0xFF]
                return alphabet[Int(state >> 33) % alphabet.count]
            }
            for key in EnvironmentFile(parsing: bytes).values.keys { #expect(!key.isEmpty) }
        }
    }

    @Test func `a file that is not there is none and one that cannot be read is an error`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "backend.env").path
        #expect(try EnvironmentFile(path: file) == nil)
        try Data("A=1".utf8).write(to: URL(filePath: file))
        #expect(try EnvironmentFile(path: file)?.values == ["A": "1"])
        let error = #expect(throws: ConfigurationError.self) { try EnvironmentFile(path: folder.path) }
        #expect(error?.description == "the settings file \(folder.path) cannot be read: Is a directory")
    }

    @Test func `a file past a megabyte is refused`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data(repeating: 0x23, count: 1 << 21).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(throws: ConfigurationError.self) { try EnvironmentFile(path: file.path) }
    }
}

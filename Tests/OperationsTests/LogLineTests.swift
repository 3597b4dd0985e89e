import JSONText
import Logging
import Testing

@testable import Operations

@Suite struct LogLineTests {
    private func line(_ message: String, _ metadata: Logger.Metadata = [:], level: Logger.Level = .info) -> LogLine {
        LogLine(
            time: Timestamp(milliseconds: 1_795_222_923_456), level: level, logger: "backend", message: message,
            metadata: metadata)
    }

    private func standard(_ line: LogLine) -> String { String(decoding: line.bytes(.standard), as: UTF8.self) }

    @Test func `a line has time and level and logger and message and metadata in order`() {
        let text = standard(line("message", ["key": "value", "a": .stringConvertible(7)]))
        #expect(text == "2026-11-21T01:02:03.456Z INFO  backend: message a=7 key=value\n")
        let warning = standard(line("message", level: .warning))
        #expect(warning == "2026-11-21T01:02:03.456Z WARNING backend: message\n")
    }

    @Test(arguments: [
        ("word", "word"), ("two words", "\"two words\""), ("", "\"\""), ("a=b", "\"a=b\""),
        ("say \"hi\" \\", "\"say \\\"hi\\\" \\\\\""), ("a\nb", "a\\nb"), ("C:\\x", "C:\\x"), ("größe", "größe"),
    ])
    func `values are quoted where they would not read as one word`(value: String, shown: String) {
        #expect(standard(line("m", ["k": .string(value)])).hasSuffix("m k=\(shown)\n"))
    }

    @Test(arguments: ["\n", "\r", "\u{0}", "\u{1b}[31m", "\u{7f}", "\u{9b}", "\u{85}", "\u{2028}", "\u{202e}"])
    func `nothing can end a line early or turn the terminal`(text: String) {
        let injected = "a\(text)2026-01-01 INFO forged"
        let forms = [
            line(injected), line("m", ["k": .string(injected)]), line("m", [injected: "v"]),
            line("m", ["k": [.string(injected)]]),
        ]
        for form in forms {
            let shown = standard(form)
            #expect(shown.unicodeScalars.filter { $0.properties.generalCategory == .control } == ["\n"])
            #expect(!shown.dropLast().contains { $0.isNewline } && !shown.contains("\u{202e}"))
        }
    }

    @Test func `a JSON line reads back as it was said`() throws {
        let metadata: Logger.Metadata = [
            "status": .stringConvertible(200), "ms": .stringConvertible(1.5), "ok": .stringConvertible(true),
            "seed": .stringConvertible(UInt64.max), "list": ["a", ["b": "c"]], "text": "x\ny \"z\"",
            "level": "mine", "key": .stringConvertible(Secret("hunter2")),
        ]
        let bytes = line("two\nlines\u{0}", metadata, level: .error).bytes(.json)
        #expect(bytes.last == UInt8(ascii: "\n") && bytes.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        let json = try JSON(parsing: bytes)
        #expect(
            json == [
                "time": "2026-11-21T01:02:03.456Z", "level": "ERROR", "logger": "backend",
                "message": "two\nlines\u{0}", "key": "***", "metadata_level": "mine", "list": ["a", ["b": "c"]],
                "ms": 1.5, "ok": true, "seed": JSON(UInt64.max), "status": 200, "text": "x\ny \"z\"",
            ])
    }

    @Test func `a text without end is cut`() throws {
        let long = line(String(repeating: "é", count: 1 << 20), ["k": .string(String(repeating: "x", count: 1 << 20))])
        #expect(long.bytes(.standard).count < 40_000)
        #expect(try JSON(parsing: long.bytes(.json))["k"]?.string?.hasSuffix("…") == true)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_007, "2100-03-01T00:00:00.007Z"),
        (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
    ])
    func `times are told in UTC`(milliseconds: Int, text: String) {
        var shown = LogText()
        Timestamp(milliseconds: milliseconds).append(to: &shown)
        #expect(String(decoding: shown.bytes, as: UTF8.self) == text)
    }
}

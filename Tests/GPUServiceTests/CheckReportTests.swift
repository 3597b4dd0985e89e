import Foundation
import JSONText
import Testing
import Workflows

@testable import GPUService

@Suite struct CheckReportTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func report(_ files: [String: String], on nodes: JSON?) throws -> CheckReport {
        let path = NSTemporaryDirectory() + "easel-check-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)")) }
        let folder = try WorkflowFolder.load(path) { "\($0.count)" }
        return CheckReport(folder, on: try nodes.map { try NodeList(objectInfo: $0) })
    }

    @Test func `every workflow that ships is right for the core nodes of a real ComfyUI`() throws {
        let list = Self.root.appending(path: "Tests/Resources/core-nodes.json")
        let nodes = try NodeList(objectInfo: JSON(parsing: [UInt8](Data(contentsOf: list))))
        let folder = try WorkflowFolder.load(Self.root.appending(path: "workflows").path) { "\($0.count)" }
        let report = CheckReport(folder, on: nodes)
        #expect(report.wrong == 0, "\(report.lines.joined(separator: "\n"))")
        #expect(!folder.workflows.isEmpty)
    }

    @Test func `what can be installed is a note, what is wrong a fault`() throws {
        let graph = PodReadinessTests.graph
        let files = [
            "absent.json": graph, "wrong.json": graph.replacing(#""steps": 4"#, with: #""steps": 400"#),
            "pack.json": graph.replacing(#""Sample""#, with: #""Fancy""#),
            "unnamed.json": graph.replacing(#""Sample""#, with: #""Fancy""#), "unnamed.manifest.json": "{}",
            "broken.json": "{",
        ]
        let told = try report(files, on: PodReadinessTests.nodes(models: []))
        #expect(told.wrong == 3)
        #expect(told.ready == 0)
        #expect(told.lines.contains("absent: valid, not ready"))
        #expect(told.lines.contains("  note: \(PodReadinessTests.missing)"))
        #expect(told.lines.contains("wrong: wrong"))
        #expect(told.lines.contains("pack: valid, not ready"))
        #expect(told.lines.contains("unnamed: wrong"))
        #expect(told.lines.contains("broken: wrong"))
        #expect(told.lines.last == "5 workflows, 0 ready, 3 wrong, held against 3 node types")
    }

    @Test func `with no node list the files alone are checked`() throws {
        let told = try report(["a.json": PodReadinessTests.graph], on: nil)
        #expect(told.ready == 1)
        #expect(told.lines.contains("  parameters found in the graph: seed, steps, scheduler"))
    }

    @Test(
        arguments: [
            ([], CheckArguments.Source.none, "workflows"), (["x"], .none, "x"),
            (["--comfyui", "http://h:1/", "x"], .comfyUI("http://h:1"), "x"),
            (["x", "--object-info", "f"], .file("f"), "x"),
        ] as [([String], CheckArguments.Source, String)])
    func `arguments come in any order`(words: [String], source: CheckArguments.Source, folder: String) throws {
        let asked = try CheckArguments(words)
        #expect(asked.source == source)
        #expect(asked.folder == folder)
    }

    @Test(arguments: [["--comfyui"], ["-x"], ["a", "b"], ["--comfyui", "u", "--object-info", "f"]])
    func `arguments that make no sense are refused`(words: [String]) {
        #expect(throws: CheckArguments.Misuse.self) { try CheckArguments(words) }
    }
}

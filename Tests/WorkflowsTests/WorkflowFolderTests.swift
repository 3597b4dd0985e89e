import Foundation
import JSONText
import Testing
import Workflows

/// A folder that lasts as long as its test.
private final class TemporaryFolder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("easel-\(UUID())").path

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }
}

@Suite struct WorkflowFolderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `workflows come by name and a bad one leaves the others ready`() throws {
        try folder.write("b.json", sampleGraph)
        try folder.write("b.manifest.json", "{}")
        try folder.write("a.json", "{")
        try folder.write("a.manifest.json", "{}")
        try folder.write("c.manifest.json", "{}")
        try folder.write("d.json", sampleGraph)
        try folder.write("manifest.schema.json", "{}")
        try folder.write(".hidden.json", sampleGraph)
        try folder.write("notes.txt", "x")
        try FileManager.default.createDirectory(atPath: folder.path + "/e.json", withIntermediateDirectories: true)
        let read = try WorkflowFolder.load(folder.path, hash: sampleHash)
        #expect(read.workflows.map(\.name) == ["a", "b", "c", "d"])
        #expect(read.workflows.map(\.isReady) == [false, true, false, true])
        #expect(read["c"]?.reasons == ["c.json: cannot be opened: No such file or directory"])
    }

    @Test func `a file that cannot be read or is too large is told`() throws {
        try folder.write("a.json", sampleGraph)
        try folder.write("a.manifest.json", String(repeating: " ", count: WorkflowFolder.fileLimit + 1))
        #expect(
            try WorkflowFolder.load(folder.path, hash: sampleHash)["a"]?.reasons == ["a.manifest.json: is over 16 MB"])
    }

    @Test func `a folder that is not there is an error`() {
        let missing = folder.path + "/missing"
        #expect(throws: WorkflowFileError(reason: "cannot be opened: No such file or directory")) {
            try WorkflowFolder.load(missing, hash: sampleHash)
        }
        #expect(throws: WorkflowFileError.self) { try WorkflowFolder.fingerprint(missing) }
    }

    @Test func `the fingerprint changes with a file added, changed, replaced or removed`() throws {
        var seen = [try WorkflowFolder.fingerprint(folder.path)]
        func isNew() throws -> Bool {
            let now = try WorkflowFolder.fingerprint(folder.path)
            defer { seen.append(now) }
            return !seen.contains(now)
        }
        #expect(try !isNew())
        try folder.write("a.json", "{}")
        #expect(try isNew())
        try folder.write("a.json", "{} ")
        #expect(try isNew())
        try folder.write("b.tmp", "[] ")
        #expect(try !isNew())
        try FileManager.default.removeItem(atPath: folder.path + "/a.json")
        try FileManager.default.moveItem(atPath: folder.path + "/b.tmp", toPath: folder.path + "/a.json")
        #expect(try isNew())
        try FileManager.default.removeItem(atPath: folder.path + "/a.json")
        #expect(try WorkflowFolder.fingerprint(folder.path) == [])
    }

    @Test func `styles are read and a wrong one leaves the others`() throws {
        try folder.write(
            "styles.json",
            "{\"styles\":[{\"name\":\"a\",\"prompt_prefix\":\"p \",\"prompt_suffix\":\" s\",\"negative\":\"n\"},\n{\"title\":\"x\"},\n"
                + "{\"name\":\"a\"},\n{\"name\":\"b\",\"negatives\":\"\"},{\"name\":\"c\"}]}")
        let read = try WorkflowFolder.load(folder.path, hash: sampleHash)
        #expect(read.workflows == [])
        #expect(
            read.styles == [
                Style(name: "a", title: "a", promptPrefix: "p ", promptSuffix: " s", negative: "n"),
                Style(name: "c", title: "c"),
            ])
        #expect(
            read.styleFaults == [
                "styles.json:2: styles.1 needs the member `name`",
                "styles.json:3: styles.2.name must be a name of its own",
                "styles.json:4: styles.3.negatives is not a known member here",
            ])
        try folder.write("styles.json", "{")
        #expect(
            try WorkflowFolder.load(folder.path, hash: sampleHash).styleFaults == [
                "styles.json:1: is not JSON: unexpected end of text"
            ])
    }

    @Test func `a style goes around the prompt`() {
        let style = Style(name: "a", title: "A", promptPrefix: "photo of ", promptSuffix: ", sharp", negative: "blurry")
        #expect(style.applied(to: "a cat") == "photo of a cat, sharp")
        #expect(style.appliedToNegative(nil) == "blurry")
        #expect(style.appliedToNegative("dog") == "dog, blurry")
    }
}

import Foundation
import Testing

@testable import Operations

@Suite struct PIDFileTests {
    @Test(arguments: [
        ("42\n", true), ("42", true), (" 42 \n", true), ("42\r\n", true), ("43\n", false), ("421\n", false),
        ("", false), ("x", false), ("\n42\n", false), ("42 43\n", false),
    ])
    func `only a file with our number is removed`(text: String, isRemoved: Bool) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(PIDFile(path: file.path).remove(holding: 42) == isRemoved)
        #expect(FileManager.default.fileExists(atPath: file.path) == !isRemoved)
    }

    @Test func `a file that is not there is nothing to remove`() {
        #expect(!PIDFile(path: "/nonexistent/\(UUID())").remove(holding: 42))
    }
}

import Foundation
import Loop
import Testing

@Suite struct FolderListingTests {
    @Test func `everything in a folder is named, and of what is no folder nothing`() throws {
        let folder = NSTemporaryDirectory() + "easel-listing-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/a folder", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let long = String(repeating: "n", count: 255)
        let names = [".hidden", "ü.png", long]
        for name in names { #expect(FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil)) }
        #expect(Set(FolderListing.names(in: folder)) == Set(names + ["a folder"]))
        #expect(FolderListing.names(in: "\(folder)/\(long)") == [])
        #expect(FolderListing.names(in: "\(folder)/gone") == [])
        #expect(FolderListing.names(in: "\(folder)/a folder") == [])
    }
}

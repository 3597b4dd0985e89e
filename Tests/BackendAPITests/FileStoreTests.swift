import Crypto
import Foundation
import Testing

@testable import BackendAPI

@Suite struct FileStoreTests {
    @Test func `bytes are kept once under their hash`() throws {
        let folder = try TemporaryFolder()
        let store = FileStore(folder: folder.path + "/images")
        let name = try store.put([1, 2, 3], fileExtension: "png")
        #expect(name == SHA256.hash([1, 2, 3] as [UInt8]).hex + ".png")
        #expect(try store.put([1, 2, 3], fileExtension: "png") == name)
        #expect(try store.read(name) == [1, 2, 3])
        #expect(try store.read(name, from: 1, count: 9) == [2, 3])
        #expect(folder.files() == ["images/\(name.prefix(2))/\(name)"])
    }

    @Test func `what was spooled is moved, and what is not kept goes`() throws {
        let folder = try TemporaryFolder()
        let spool = folder.path + "/spool"
        try SpoolFile.prepare(folder: spool)
        let store = FileStore(folder: folder.path + "/images")
        var name = ""
        do {
            let file = try SpoolFile(in: spool)
            try file.append([9, 8])
            try file.append([7])
            let dropped = try SpoolFile(in: spool)
            try dropped.append([1])
            name = try store.put(file, fileExtension: "webp")
        }
        #expect(name == SHA256.hash([9, 8, 7] as [UInt8]).hex + ".webp")
        #expect(try store.read(name) == [9, 8, 7])
        #expect(folder.files() == ["images/\(name.prefix(2))/\(name)"])
    }

    @Test func `what a dead process left in the spool is cleared away`() throws {
        let folder = try TemporaryFolder()
        #expect(FileManager.default.createFile(atPath: folder.path + "/old.part", contents: Data([1])))
        #expect(FileManager.default.createFile(atPath: folder.path + "/other.txt", contents: Data([1])))
        try SpoolFile.prepare(folder: folder.path)
        #expect(folder.files() == ["other.txt"])
    }

    @Test func `an input is found by its hash, and a missing one is nil`() throws {
        let folder = try TemporaryFolder()
        let store = FileStore(folder: folder.path)
        let name = try store.put([5], fileExtension: "jpg")
        #expect(try store.readInput(String(name.prefix(64))) == [5])
        #expect(try store.readInput(String(repeating: "0", count: 64)) == nil)
    }

    @Test(arguments: ["..", "a/b.png", "", "x.png", String(repeating: "A", count: 64) + ".png"])
    func `what put never gives is no name`(_ name: String) { #expect(!FileStore.isName(name)) }
}

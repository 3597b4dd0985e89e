import Foundation
import JSONText
import Testing

@testable import GPUService

/// A safetensors file of one tensor.
func safetensors(dataBytes: Int = 8, claimed: Int? = nil) -> [UInt8] {
    let header =
        #"{"__metadata__":{"format":"pt"},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,\#(claimed ?? dataBytes)]}}"#
    let length = UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8)
        + [UInt8](repeating: 7, count: dataBytes)
}

@Suite struct ModelFilesTests {
    private func fault(_ file: [UInt8]) -> String? {
        guard let length = Safetensors.headerLength(file) else { return "begin" }
        guard file.count >= 8 + length else { return "short" }
        return Safetensors.fault(inHeader: Array(file[8..<(8 + length)]), dataBytes: file.count - 8 - length)
    }

    private static func file(_ header: String, data: Int = 0) -> [UInt8] {
        [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [UInt8](repeating: 0, count: data)
    }

    @Test func `a file whose header describes it is one`() {
        #expect(fault(safetensors()) == nil)
        #expect(fault(Self.file(#"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}  "#, data: 2)) == nil)
    }

    @Test(arguments: [
        Array("<!DOCTYPE html>".utf8), Array("PK\u{3}\u{4}aaaaaaaaaaa".utf8), [], [1, 2, 3],
        [255, 255, 255, 255, 255, 255, 255, 255, 0x7B], [1, 0, 0, 0, 0, 0, 0, 0, 0x7B],
        [0, 0, 0, 8, 0, 0, 0, 0, 0x7B], file("[]"),
    ])
    func `what begins otherwise is none`(file: [UInt8]) {
        #expect(fault(file) == "begin")
    }

    @Test(arguments: [
        safetensors(dataBytes: 8, claimed: 9), safetensors(dataBytes: 9, claimed: 8), file("{}"), file("{\"a\"  }"),
        file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#),
        file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,2]}}"#, data: 2),
        file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[3,2]}}"#, data: 2), file(#"{"a":1}"#),
    ])
    func `a header that does not fit is told`(file: [UInt8]) {
        let reason = fault(file)
        #expect(reason != nil && reason != "begin" && reason != "short")
    }

    @Test func `a place is one URL's, and other files are nobody's`() {
        let place = ModelPlace(folder: "loras", url: "https://example.com/a")
        #expect(place == ModelPlace(folder: "loras", url: "https://example.com/a"))
        #expect(place != ModelPlace(folder: "loras", url: "https://example.com/a?b"))
        #expect(ModelPlace(folder: "loras", fileName: place.name) == place)
        for name in [
            "a.safetensors", "easel-1.safetensors", "easel-.safetensors", place.name + ".part", ".easel-x.part",
        ] {
            #expect(ModelPlace(folder: "loras", fileName: name) == nil)
        }
    }

    @Test func `what was used longest ago goes, and nothing in use`() {
        let places = (0..<4).map { ModelPlace(folder: "loras", url: "\($0)") }
        let kept = places.map { ModelFiles.Kept(place: $0, size: 10, used: 0) }
        #expect(ModelFiles.surplus(of: kept, limit: 40, inUse: []) == [])
        #expect(ModelFiles.surplus(of: kept, limit: 25, inUse: []) == [places[0], places[1]])
        #expect(ModelFiles.surplus(of: kept, limit: 25, inUse: [places[0], places[2]]) == [places[1], places[3]])
        #expect(ModelFiles.surplus(of: kept, limit: 0, inUse: Set(places)) == [])
    }

    @Test func `drafts that died are cleared away, and files of others are left alone`() throws {
        let root = NSTemporaryDirectory() + "easel-models-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let loras = root + "/loras"
        try FileManager.default.createDirectory(atPath: loras, withIntermediateDirectories: true)
        let place = ModelPlace(folder: "loras", url: "a")
        let names = ["own.safetensors", place.name, ".easel-old.part", ".easel-new.part"]
        for name in names { try Data([1, 2, 3]).write(to: URL(filePath: "\(loras)/\(name)")) }
        let yesterday = Date(timeIntervalSinceNow: -100_000)
        for name in names where name != ".easel-new.part" {
            try FileManager.default.setAttributes([.modificationDate: yesterday], ofItemAtPath: "\(loras)/\(name)")
        }
        let files = ModelFiles(root: root)
        let all = files.all()
        #expect(all.map(\.place) == [place])
        #expect(all.first?.size == 3)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: loras).sorted()
                == [".easel-new.part", place.name, "own.safetensors"].sorted())
        #expect(files.touch(place))
        #expect((files.all().first?.used ?? 0) > (all.first?.used ?? 0))
        #expect(!files.touch(ModelPlace(folder: "loras", url: "b")))
    }
}

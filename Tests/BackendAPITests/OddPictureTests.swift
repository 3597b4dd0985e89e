import Crypto
import HTTPTypes
import Images
import JSONText
import Loop
import TestSupport
import Testing
import Wire

@testable import BackendAPI

/// Pictures that are not what they seem, as a client sends them and as ComfyUI makes them.
@Suite struct OddPictureTests {
    init() { startLoop() }

    /// Two frames of one pixel.
    private static let animation: [UInt8] = {
        let frame: [UInt8] = [
            0x21, 0xF9, 4, 0, 10, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0,
        ]
        let head: [UInt8] = Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF]
        return head + frame + frame + [0x3B]
    }()

    private static func jpeg() throws -> [UInt8] {
        try Samples.raster(width: 64, height: 64).encode(as: .jpeg(quality: 90))
    }

    @LoopActor @Test func `each ends as it should, and none is kept that will not do`() async throws {
        var huge = try Samples.png(width: 1, height: 1)
        // The width and height of IHDR: 60000 each. Its checksum is wrong then, which no limit may wait for.
        huge.replaceSubrange(16..<24, with: [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60])
        let cases: [(name: String, bytes: [UInt8], status: Int)] = [
            ("a PNG that claims 60000 a side", huge, 422),
            ("a truncated JPEG", Array(try Self.jpeg().dropLast(200)), 422),
            ("an SVG", Array("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".utf8), 422),
            ("a ZIP", [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 60), 422),
            ("a page", Array("<!doctype html><p>404".utf8), 422),
            ("an animated GIF", Self.animation, 200), ("a JPEG", try Self.jpeg(), 200),
        ]
        try await withBackend { backend, pod, folder in
            for (name, bytes, status) in cases {
                let answer = try await backend.generate(
                    ["mode": "invert", "target_image": .string(Base64.encode(bytes))], headers: [.prefer: "wait=60"])
                #expect(answer.status == status, "\(name): \(answer.json)")
                if status == 422 { #expect(answer.places == [#"["body","target_image"]"#], "\(name)") }
            }
            #expect(pod.inputs.count == 2)
            // ComfyUI gets the first frame, as a PNG.
            #expect(Set(pod.inputs.values.map { ImageFormat(sniffing: $0) }) == [.png, .jpeg])
            #expect(folder.files(in: "inputs").count == 2)
            #expect(folder.files(in: "spool").isEmpty)
        }
    }

    @Test func `an animation stays one, whatever format was asked for`() throws {
        let folder = try TemporaryFolder()
        try FileStore.makeFolder(folder.path + "/images")
        let store = FileStore(folder: folder.path + "/images")
        var options = GenerationTask.Options()
        options.outputFormat = "png"
        let output = GenerationOutput(
            n: 0, node: "9", name: "image", kind: "image", mime: "image/gif", size: Self.animation.count)
        let file = try SpoolFile(in: folder.path)
        try file.append(Self.animation)
        let name = try ResultFile.keep(file, of: output, options, in: store)
        #expect(name.hasSuffix(".gif"))
        #expect(try store.read(name) == Self.animation)
    }
}

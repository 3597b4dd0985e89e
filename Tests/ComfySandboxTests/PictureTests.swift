import Images
import JSONText
import Loop
import TestSupport
import Testing

@testable import ComfySandbox

@Suite struct PictureTests {
    init() { startLoop() }

    private static func picture(_ path: String, _ sandbox: RunningSandbox) async throws -> Raster {
        try Raster.decode(try await sandbox.get(path).body)
    }

    @Test func `the picture nodes work on pixels for real`() async throws {
        let graph: JSON = [
            "1": Graphs.node("EmptyImage", ["width": 40, "height": 20, "batch_size": 1, "color": 0x0A141E]),
            "2": Graphs.node("ImageInvert", ["image": ["1", 0]]),
            "3": Graphs.node(
                "ImageScale",
                ["image": ["2", 0], "upscale_method": "nearest-exact", "width": 20, "height": 0, "crop": "disabled"]),
            "4": Graphs.node(
                "ImageBlend",
                ["image1": ["3", 0], "image2": ["1", 0], "blend_factor": 1, "blend_mode": "normal"]),
            "5": Graphs.node("ImageCrop", ["image": ["4", 0], "width": 7, "height": 5, "x": 2, "y": 3]),
            "6": Graphs.node("SaveImage", ["images": ["3", 0], "filename_prefix": "inverted"]),
            "7": Graphs.node("SaveImage", ["images": ["5", 0], "filename_prefix": "sub/cropped"]),
        ]
        try await RunningSandbox.with { sandbox in
            try await sandbox.run(graph, id: "p", extra: ["extra_data": ["extra_pnginfo": ["workflow": ["id": "w"]]]])
            let inverted = try await Self.picture("/view?filename=inverted_00001_.png", sandbox)
            #expect(inverted.width == 20 && inverted.height == 10)
            #expect(inverted[5, 5] == [245, 235, 225])
            let cropped = try await Self.picture("/view?filename=cropped_00001_.png&subfolder=sub", sandbox)
            #expect(cropped.width == 7 && cropped.height == 5 && cropped[0, 0] == [10, 20, 30])
            let file = try await sandbox.get("/view?filename=inverted_00001_.png")
            #expect(file.text.contains("workflow\0{\"id\":\"w\"}") && file.text.contains("prompt\0{"))
        }
    }

    @Test func `a sampled picture follows prompt and seed and says what it is`() async throws {
        try await RunningSandbox.with { sandbox in
            try await sandbox.run(Graphs.sampled(prefix: "a"), id: "1")
            try await sandbox.run(Graphs.sampled(seed: 8, prefix: "a"), id: "2")
            _ = try await sandbox.post("/free", ["free_memory": true])
            try await sandbox.run(Graphs.sampled(prefix: "a"), id: "3")
            let files = try await ["a_00001_.png", "a_00002_.png", "a_00003_.png"].asyncMap {
                try await sandbox.get("/view?filename=\($0)").body
            }
            let pictures = try files.map { try Raster.decode($0) }
            #expect(pictures.allSatisfy { $0.width == 128 && $0.height == 64 })
            #expect(pictures[0] == pictures[2])
            #expect(pictures[0] != pictures[1])
            #expect(
                String(decoding: files[0], as: UTF8.self).contains(
                    "{\"prefix\":\"a\",\"prompt\":\"a red fox\",\"seed\":7}"))
        }
    }

    @Test func `a caption is written at the foot and cut where it does not fit`() throws {
        let caption = Caption(prompt: "a very long prompt of a red fox in the snow", seed: 18_446_744_073_709_551_615)
        #expect(
            caption.lines(prefix: "easel/1", columns: 20) == [
                "SANDBOX", "easel/1", "a very long prompt o", "f a red fox in the s", "SEED 184467440737095",
            ])
        let plain = try Raster.solid(width: 200, height: 100, colour: [10, 10, 10])
        let drawn = try caption.drawn(on: plain, prefix: "p")
        #expect(drawn[0, 0] == [10, 10, 10])
        #expect(drawn.pixels.contains(255))
        #expect(try caption.drawn(on: Raster.solid(width: 1, height: 1, colour: [0, 0, 0]), prefix: "p").width == 1)
    }

    @Test func `a batch gives as many different pictures`() async throws {
        try await RunningSandbox.with { sandbox in
            try await sandbox.run(Graphs.sampled(batch: 3), id: "1")
            let images = try await sandbox.json("/history/1")["1"]?["outputs"]?["9"]?["images"]?.array ?? []
            #expect(images.compactMap { $0["filename"]?.string } == ["s_00001_.png", "s_00002_.png", "s_00003_.png"])
            let first = try await Self.picture("/view?filename=s_00001_.png", sandbox)
            let second = try await Self.picture("/view?filename=s_00002_.png", sandbox)
            #expect(first != second)
        }
    }
}

extension Array {
    @LoopActor
    fileprivate func asyncMap<Result>(_ transform: @LoopActor (Element) async throws -> Result) async throws -> [Result]
    {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}

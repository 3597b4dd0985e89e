import Foundation
import JSONText
import Testing
import Workflows

@Suite struct ShippedWorkflowsTests {
    let folder: WorkflowFolder
    let validator = ParameterValidator(randomSeed: { 42 })

    init() throws {
        let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized
        folder = try WorkflowFolder.load(root.appendingPathComponent("workflows").path, hash: sampleHash)
    }

    private func prompt(_ name: String, _ params: JSONObject, _ uploads: [String: [String]] = [:]) throws -> JSON {
        let workflow = try #require(folder[name])
        let outcome = validator.validate(params, against: workflow.parameters)
        #expect(outcome.faults == [])
        return try workflow.prompt(with: outcome.values, uploadedImages: uploads, filenamePrefix: "easel/t/1")
    }

    @Test func `everything that ships is ready`() {
        #expect(
            folder.workflows.map(\.name) == [
                "cartoonify", "fix_old_photo", "flux_lora", "free_generation", "free_generation_sdxl", "harmonize",
                "hd_image", "identity_quality", "identity_speed", "image_to_image", "image_transform", "inpaint",
                "photomaker", "photomaker_v2",
            ])
        for workflow in folder.workflows { #expect(workflow.reasons == []) }
        #expect(folder.styleFaults == [])
        #expect(folder.styles.contains { $0.name == "realistic" })
    }

    @Test func `free generation needs a prompt only`() throws {
        let prompt = try prompt("free_generation", ["prompt": "a red fox"])
        #expect(prompt["6"]?["inputs"]?["text"] == "a red fox")
        #expect(prompt["7"]?["inputs"]?["text"] == "")
        #expect(prompt["4"]?["inputs"]?["ckpt_name"] == "flux1-schnell-fp8.safetensors")
        #expect(prompt["5"]?["inputs"] == ["width": 1024, "height": 1024, "batch_size": 1])
        let sampler = prompt["3"]?["inputs"]
        #expect(sampler?["seed"] == 42)
        #expect(sampler?["steps"] == 4)
        #expect(sampler?["cfg"] == 1.0)
        #expect(prompt["9"]?["inputs"]?["filename_prefix"] == "easel/t/1")
    }

    @Test func `free generation runs a Stable Diffusion checkpoint with its own settings`() throws {
        let prompt = try prompt(
            "free_generation",
            [
                "prompt": "x", "negative_prompt": "blurry", "seed": .unsigned(.max), "steps": 20, "cfg": 7,
                "sampler_name": "dpmpp_2m",
                "scheduler": "karras", "width": 512, "height": 768, "batch_size": 2, "checkpoint": "sd15.safetensors",
            ])
        #expect(prompt["3"]?["inputs"]?["seed"]?.text == "18446744073709551615")
        #expect(prompt["3"]?["inputs"]?["scheduler"] == "karras")
        #expect(prompt["4"]?["inputs"]?["ckpt_name"] == "sd15.safetensors")
        #expect(prompt["7"]?["inputs"]?["text"] == "blurry")
    }

    @Test func `image transform keeps the size unless it is told one`() throws {
        let uploads = ["image": ["photo.png"]]
        let same = try prompt("image_transform", ["image": "base64"], uploads)
        #expect(same["1"]?["inputs"]?["image"] == "photo.png")
        #expect(same["2"]?["inputs"]?["width"] == 0)
        #expect(same["2"]?["inputs"]?["height"] == 0)
        let scaled = try prompt("image_transform", ["image": "base64", "width": 64, "upscale_method": "area"], uploads)
        #expect(scaled["2"]?["inputs"]?["width"] == 64)
        #expect(scaled["2"]?["inputs"]?["upscale_method"] == "area")
    }

    @Test(arguments: 1...5) func `a portrait takes as many faces as there are`(count: Int) throws {
        let names = (1...count).map { "face-\($0).png" }
        let prompt = try prompt(
            "identity_speed", ["prompt": "x", "face_images": .array(names.map(JSON.string))], ["face_images": names])
        let loaded = (prompt.object ?? [:]).filter { $0.value["class_type"] == "LoadImage" }
        #expect(loaded.map { $0.value["inputs"]?["image"]?.string } == names)
        #expect((prompt.object ?? [:]).filter { $0.value["class_type"] == "ImageBatch" }.count == count - 1)
        // No input is left that a node fed which is gone.
        #expect(prompt["15"]?["inputs"]?["image"] == (count == 1 ? ["30", 0] : [.string("\(38 + count)"), 0]))
    }

    @Test func `a request with everything wrong hears of everything`() throws {
        let workflow = try #require(folder["free_generation"])
        let params: JSONObject = [
            "seed": -1, "steps": 0, "width": 513, "checkpoint": "../x", "sampler_name": "x", "frames": 1,
        ]
        let faults = validator.validate(params, against: workflow.parameters).faults
        #expect(
            Set(faults.compactMap(\.loc.last)) == [
                "prompt", "seed", "steps", "width", "checkpoint", "sampler_name", "frames",
            ])
    }

    @Test func `the catalogue survives the wire and checks requests without a graph`() throws {
        let catalogue = folder.catalogue
        let received = try WorkflowCatalogue(json: JSON(parsing: catalogue.json.serialized()))
        #expect(received == catalogue)
        let summary = try #require(received["free_generation"])
        #expect(summary.version == folder["free_generation"]?.version)
        #expect(!summary.json.text.contains("inject"))
        let outcome = validator.validate(["prompt": "x"], against: summary.parameters)
        #expect(outcome.values["steps"] == 4)
        #expect(validator.validate([:], against: summary.parameters).faults.map(\.type) == ["missing"])
        #expect(received.style("realistic")?.negative.isEmpty == false)
        #expect(received.style("nobody") == nil)
    }

    @Test(arguments: [
        "{}", #"{"workflows":1}"#, #"{"workflows":[{"name":"a"}]}"#, #"{"workflows":[1]}"#,
        #"{"workflows":[{"name":"a","version":"1","parameters":{"properties":{"x":{"type":"?"}}}}]}"#,
    ])
    func `a catalogue that is none is refused`(text: String) {
        #expect(throws: DocumentFault.self) { try WorkflowCatalogue(json: JSON(parsing: text)) }
    }

    @Test(arguments: UInt64(0)..<200)
    func `a damaged file never harms more than its own workflow`(seed: UInt64) throws {
        var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % UInt64(bound))
        }
        let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized
        var graph = Array(sampleGraph.utf8)
        var manifest = Array(
            try Data(contentsOf: root.appendingPathComponent("workflows/image_transform.manifest.json")))
        for _ in 0..<3 {
            graph[next(graph.count)] = Array("{}[]\",:019eN\\ ".utf8)[next(14)]
            manifest[next(manifest.count)] = Array("{}[]\",:019eN\\ ".utf8)[next(14)]
        }
        let workflow = Workflow(name: "x", graph: .success(graph), manifest: .success(manifest), hash: sampleHash)
        let values = validator.validate(["image": "x", "width": 7], against: workflow.parameters).values
        let prompt = try? workflow.prompt(with: values, uploadedImages: ["image": ["y"]], filenamePrefix: "p")
        #expect(workflow.isReady || prompt == nil)
    }
}

import JSONText
import Testing
import Workflows

/// What a manifest says about values that stand for others, and about branches that go.
@Suite struct OptionalBranchTests {
    private static let graph = """
        {
          "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
          "2": {"class_type": "LoadImage", "inputs": {"image": "b.png"}},
          "3": {"class_type": "ImageBatch", "inputs": {"image1": ["1", 0], "image2": ["2", 0]}},
          "4": {"class_type": "Checkpoint", "inputs": {"ckpt_name": "x"}},
          "5": {"class_type": "LoraLoader", "inputs": {"model": ["4", 0], "clip": ["4", 1], "lora_name": "none"}},
          "6": {"class_type": "Use", "inputs": {"model": ["5", 0], "clip": ["5", 1], "vae": ["4", 2], "image": ["3", 0]}},
          "9": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "x"}}
        }
        """
    private static let properties = #"""
        "faces":{"type":"array","items":{"type":"string","format":"image"},
          "inject":[{"node":"1","input":"image","element":0},{"node":"2","input":"image","element":1}],
          "absent":[{"node":"3","bypass":["image1"],"element":1},{"node":"2","element":1}]},
        "lora":{"type":"string","inject":[{"node":"5","input":"lora_name"}],
          "absent":[{"node":"5","bypass":["model","clip"]}]},
        "size":{"type":"string","enum":["small","large"],
          "inject":[{"node":"4","input":"ckpt_name","map":{"small":"s.safetensors","large":"l.safetensors"}}]}
        """#

    private func prompt(_ values: JSONObject, faces: [String]) throws -> JSON {
        try workflow(graph: Self.graph, manifest: manifest(properties: Self.properties))
            .prompt(with: values, uploadedImages: ["faces": faces], filenamePrefix: "p")
    }

    @Test func `a branch whose parameter is absent is passed by`() throws {
        let prompt = try prompt([:], faces: ["one.png"])
        #expect(prompt.object?.keys == ["1", "4", "6", "9"])
        #expect(
            prompt["6"]?["inputs"] == ["model": ["4", 0], "clip": ["4", 1], "vae": ["4", 2], "image": ["1", 0]])
    }

    @Test func `a branch whose parameter is there stays`() throws {
        let prompt = try prompt(["lora": "a.safetensors"], faces: ["one.png", "two.png"])
        #expect(prompt.object?.keys == ["1", "2", "3", "4", "5", "6", "9"])
        #expect(prompt["5"]?["inputs"]?["lora_name"] == "a.safetensors")
        #expect(prompt["6"]?["inputs"]?["image"] == ["3", 0])
    }

    @Test func `what hung on a node without bypass goes without it`() throws {
        let properties = #"""
            "lora":{"type":"string","inject":[{"node":"5","input":"lora_name"}],"absent":[{"node":"5"}]}
            """#
        let prompt = try workflow(graph: Self.graph, manifest: manifest(properties: properties))
            .prompt(with: [:], uploadedImages: [:], filenamePrefix: "p")
        #expect(prompt["6"]?["inputs"] == ["vae": ["4", 2], "image": ["3", 0]])
    }

    @Test func `a value stands for another`() throws {
        #expect(try prompt(["size": "large"], faces: ["1.png"])["4"]?["inputs"]?["ckpt_name"] == "l.safetensors")
        #expect(try prompt([:], faces: ["1.png"])["4"]?["inputs"]?["ckpt_name"] == "x")
    }

    @Test(arguments: [
        (#""absent":[{"node":"77"}]"#, "node 77"), (#""absent":[{"node":"5","bypass":["lora_name"]}]"#, "lora_name"),
        (#""absent":[{"node":"5","element":0}]"#, "no list"), (#""absent":[{"bypass":[]}]"#, "`node`"),
    ])
    func `an absence that cannot be is told`(_ member: String, _ reason: String) {
        let properties = #""lora":{"type":"string","inject":[{"node":"5","input":"lora_name"}],\#(member)}"#
        let broken = workflow(graph: Self.graph, manifest: manifest(properties: properties))
        #expect(!broken.isReady)
        #expect(broken.reasons.contains { $0.contains(reason) }, "\(broken.reasons)")
    }

    @Test(arguments: [
        (#""type":"string""#, "needs `enum`"), (#""type":"string","enum":["a","b"]"#, #"has nothing for "b""#),
    ])
    func `a map with holes is told`(_ schema: String, _ reason: String) {
        let properties = #""x":{\#(schema),"inject":[{"node":"4","input":"ckpt_name","map":{"a":"1"}}]}"#
        let broken = workflow(graph: Self.graph, manifest: manifest(properties: properties))
        #expect(broken.reasons.contains { $0.contains(reason) }, "\(broken.reasons)")
    }
}

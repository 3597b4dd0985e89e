import JSONText
import Testing
import Workflows

private let sample = workflow(
    manifest: manifest(
        properties: #"""
            "seed":{"type":"integer","inject":[{"node":"3","input":"seed"}]},
            "cfg":{"type":"number","inject":[{"node":"3","input":"cfg"}]},
            "picture":{"type":"string","format":"image","inject":[{"node":"1","input":"image"},{"node":"2","input":"image"}]},
            "checkpoint":{"type":"string","inject":[{"node":"4","input":"ckpt_name"}]}
            """#))

private let faces = workflow(
    manifest: manifest(
        properties: #"""
            "faces":{"type":"array","items":{"type":"string","format":"image"},
              "inject":[{"node":"1","input":"image","element":0},{"node":"2","input":"image","element":1}]}
            """#))

private func inputs(_ prompt: JSON, _ node: String) -> JSON? {
    prompt[node]?["inputs"]
}

@Suite struct InjectionTests {
    @Test func `values go to their places and the rest of the graph stays`() throws {
        let prompt = try sample.prompt(
            with: ["seed": .unsigned(.max), "cfg": 7], uploadedImages: [:], filenamePrefix: "easel/t/1")
        #expect(inputs(prompt, "3")?.text == #"{"seed":18446744073709551615,"cfg":7,"image":["1",0],"other":["2",0]}"#)
        #expect(inputs(prompt, "4") == ["ckpt_name": "a.safetensors"])
        #expect(prompt.object?.keys == ["1", "2", "3", "4", "8", "9"])
    }

    @Test func `every node that saves gets the prefix`() throws {
        let prompt = try sample.prompt(with: [:], uploadedImages: [:], filenamePrefix: "easel/t/1")
        #expect(inputs(prompt, "8")?["filename_prefix"] == "easel/t/1")
        #expect(inputs(prompt, "9")?["filename_prefix"] == "easel/t/1")
    }

    @Test func `titles are not submitted and the workflow itself stays untouched`() throws {
        let prompt = try sample.prompt(with: ["seed": 5], uploadedImages: [:], filenamePrefix: "p")
        #expect(prompt["1"]?["_meta"] == nil)
        #expect(try sample.graph?.json == JSON(parsing: sampleGraph).object)
    }

    @Test func `an uploaded image goes to each of its nodes under ComfyUI's name`() throws {
        let prompt = try sample.prompt(
            with: ["picture": "base64"], uploadedImages: ["picture": ["easel/abc (1).png"]], filenamePrefix: "p")
        #expect(inputs(prompt, "1")?["image"] == "easel/abc (1).png")
        #expect(inputs(prompt, "2")?["image"] == "easel/abc (1).png")
    }

    @Test func `elements of a list go to their nodes and a missing one leaves its node alone`() throws {
        let prompt = try faces.prompt(
            with: ["faces": ["x"]], uploadedImages: ["faces": ["one.png"]], filenamePrefix: "p")
        #expect(inputs(prompt, "1")?["image"] == "one.png")
        #expect(inputs(prompt, "2")?["image"] == "example.png")
        let both = try faces.prompt(
            with: [:], uploadedImages: ["faces": ["1.png", "2.png", "3.png"]], filenamePrefix: "p")
        #expect(inputs(both, "2")?["image"] == "2.png")
    }

    @Test(
        arguments: [
            (["picture": "base64"], [:], "p", "The image for picture was not uploaded"),
            ([:], ["picture": ["../secret.png"]], "p", "The file name in picture must not hold '..'"),
            ([:], ["picture": ["/etc/x.png"]], "p", "The file name in picture must not be absolute"),
            (
                [:], ["picture": ["x.png [output]"]], "p",
                "The file name in picture must not name another folder in brackets"
            ),
            (["checkpoint": "../../x"], [:], "p", "The file name in checkpoint must not hold '..'"),
            (["cfg": .double(.nan)], [:], "p", "The value of cfg must be a finite number"),
            (["cfg": ["4", 0]], [:], "p", "The value of cfg must be a plain value"),
            ([:], [:], "../x", "A file name prefix must not hold '..'"),
        ] as [(JSONObject, [String: [String]], String, String)])
    func `what could harm is refused`(values: JSONObject, uploads: [String: [String]], prefix: String, reason: String) {
        let error = #expect(throws: InjectionError.self) {
            try sample.prompt(with: values, uploadedImages: uploads, filenamePrefix: prefix)
        }
        #expect(error?.reason == reason)
    }

    @Test func `a graph whose own image leaves its folder is refused`() {
        let graph = #"{"1":{"class_type":"LoadImageMask","inputs":{"image":"../../x.png","channel":"alpha"}}}"#
        let error = #expect(throws: InjectionError.self) {
            try workflow(graph: graph, manifest: "{}").prompt(with: [:], uploadedImages: [:], filenamePrefix: "p")
        }
        #expect(error?.reason == "The image name of node 1 must not hold '..'")
    }

    @Test func `a workflow that is not ready gives no prompt`() {
        #expect(throws: InjectionError.self) {
            try workflow(manifest: "{").prompt(with: [:], uploadedImages: [:], filenamePrefix: "p")
        }
    }
}

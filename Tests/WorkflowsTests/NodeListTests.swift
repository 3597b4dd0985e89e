import JSONText
import Testing

@testable import Workflows

@Suite struct NodeListTests {
    @Test func `a choice has an old form and a new one`() throws {
        let list = try nodeList(
            """
            {"A": {"input": {"required": {
                "old": [["a", "b"], {"tooltip": "x"}], "bare": [["a"]], "new": ["COMBO", {"options": ["c"]}],
                "untold": ["COMBO", {"remote": {}}], "picture": [["p.png"], {"image_upload": true}]},
              "optional": {"model": ["MODEL", {}]}, "hidden": {"prompt": "PROMPT", "id": ["UNIQUE_ID"]}},
              "output": ["IMAGE", ["x", "y"]], "output_node": true, "python_module": "nodes"}}
            """)
        let node = try #require(list["A"])
        #expect(node.inputs.map(\.name) == ["old", "bare", "new", "untold", "picture", "model"])
        #expect(node.input("old")?.kind == .choice(["a", "b"], upload: nil))
        #expect(node.input("bare")?.kind == .choice(["a"], upload: nil))
        #expect(node.input("new")?.kind == .choice(["c"], upload: nil))
        #expect(node.input("untold")?.kind == .choice(nil, upload: nil))
        #expect(node.input("picture")?.kind == .choice(["p.png"], upload: .image))
        #expect(node.input("model")?.kind == .link("MODEL"))
        #expect(node.input("model")?.isRequired == false)
        #expect(node.outputs == ["IMAGE", "COMBO"])
        #expect(node.isOutput)
        #expect(node.module == "nodes")
    }

    @Test func `numbers keep their bounds to the digit`() throws {
        let list = try nodeList(
            """
            {"A": {"input": {"required": {"seed": ["INT", {"default": 0, "min": 0, "max": 18446744073709551615}],
              "cfg": ["FLOAT", {"min": 0.0, "max": 100.0, "step": 0.1}], "on": ["BOOLEAN"], "t": ["STRING"],
              "grows": ["COMFY_AUTOGROW_V3", {}], "bad": ["INT", {"min": "x"}]}}, "output": []}}
            """)
        #expect(list["A"]?.input("seed")?.kind == .integer(.init(minimum: 0, maximum: .unsigned(.max))))
        #expect(list["A"]?.input("cfg")?.kind == .number(.init(minimum: 0.0, maximum: 100.0, step: 0.1)))
        #expect(list["A"]?.input("on")?.kind == .boolean)
        #expect(list["A"]?.input("t")?.kind == .text(isMultiline: false))
        #expect(list["A"]?.input("grows")?.kind == .other)
        #expect(list["A"]?.input("bad")?.kind == .integer(.init()))
    }

    @Test func `an odd node leaves the others`() throws {
        let list = try nodeList(
            #"{"A": 1, "B": {"input": []}, "C": {"input": {"required": 3}}, "D": {"input": {"required": {"x": 5, "y": []}}}}"#
        )
        #expect(list["A"] == nil)
        #expect(list["B"] == nil)
        #expect(list["C"]?.inputs == [])
        #expect(list["D"]?.inputs.map(\.kind) == [.other, .other])
    }

    @Test(arguments: ["[]", "{}", #"{"error": {"type": "x"}}"#, "null"]) func `an answer that is none is refused`(
        text: String
    ) {
        #expect(throws: DocumentFault.self) { try nodeList(text) }
    }

    @Test func `the core nodes of a real ComfyUI are read`() throws {
        let list = try coreNodes()
        #expect(list.count > 50)
        #expect(list["KSampler"]?.input("steps")?.kind == .integer(.init(minimum: 1, maximum: 10000)))
        #expect(list["UpscaleModelLoader"]?.input("model_name")?.kind == .choice([], upload: nil))
        #expect(list["SaveImage"]?.isOutput == true)
        #expect(list["LoadImage"]?.outputs == ["IMAGE", "MASK"])
    }

    @Test(arguments: [
        ("2", "10", true), ("10", "2", false), ("57:8", "57:10", true), ("57", "57:1", true), ("9", "a", true),
        ("a", "b", true), ("a", "9", false), ("3", "3", false), ("", "1", false),
    ])
    func `node ids are ordered by their numbers`(one: String, other: String, precedes: Bool) {
        #expect(NodeID.precedes(one, other) == precedes)
    }
}

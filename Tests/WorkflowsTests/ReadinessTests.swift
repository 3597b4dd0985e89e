import Foundation
import JSONText
import Testing
import Workflows

@Suite struct ReadinessTests {
    /// What is wrong with the usual graph once something in it is changed.
    private func reasons(
        _ change: (from: String, to: String)? = nil, graph: String = DiscoveryGraphs.plain, manifest: String? = "{}"
    ) throws -> [String] {
        var text = graph
        if let change {
            text = graph.replacing(change.from, with: change.to)
            #expect(text != graph)
        }
        let workflow = workflow(graph: text, manifest: manifest)
        #expect(workflow.reasons == [])
        let fitted = workflow.fitted(to: [try coreNodes()])
        #expect(fitted.isReady == fitted.reasons.isEmpty)
        return fitted.reasons
    }

    @Test func `what ComfyUI can run is ready`() throws {
        #expect(try reasons() == [])
        #expect(try reasons(manifest: nil) == [])
    }

    @Test(arguments: [
        (
            #""KSampler""#, #""KSamplerX""#,
            "ComfyUI has no node type KSamplerX (node 3): it comes with a node pack that is not installed, or with another version"
        ),
        (#""steps": 20"#, #""steps": 0"#, "The input steps of node 3 (KSampler) is 0, less than the least allowed, 1"),
        (
            #""cfg": 7.5"#, #""cfg": 101"#,
            "The input cfg of node 3 (KSampler) is 101, more than the most allowed, 100.0"
        ),
        (
            #""steps": 20"#, #""steps": "many""#,
            #"The input steps of node 3 (KSampler) is "many", which is no whole number"#
        ),
        (#""model": ["4", 0], "#, "", "The required input model of node 3 (KSampler) is missing"),
        (
            #""vae": ["4", 2]"#, #""vae": ["4", 3]"#,
            "The input vae of node 8 (VAEDecode) comes from output 3 of node 4 (CheckpointLoaderSimple), which has 3"
        ),
        (
            #""scheduler": "normal""#, #""scheduler": "no""#,
            "The input scheduler of node 3 (KSampler) is no, which is not among what it can be: simple, sgm_uniform, karras, "
                + "exponential, ddim_uniform, beta, normal, linear_quadratic, …"
        ),
        (
            #""ckpt_name": "random_sd15.safetensors""#, #""ckpt_name": "sub\\random_sd15.safetensors""#,
            #"The model sub\random_sd15.safetensors, ckpt_name of node 4 (CheckpointLoaderSimple), is there under another name: "#
                + "random_sd15.safetensors"
        ),
        (
            #""ckpt_name": "random_sd15.safetensors""#, #""ckpt_name": "other.safetensors""#,
            "The model other.safetensors, ckpt_name of node 4 (CheckpointLoaderSimple), is missing: "
                + "put it into ComfyUI's models/checkpoints"
        ),
        (
            #""SaveImage""#, #""ImageInvert""#,
            "No node of the graph saves or shows anything, so ComfyUI would have nothing to do"
        ),
    ])
    func `what it cannot run says why`(from: String, to: String, reason: String) throws {
        let told = try reasons((from, to))
        #expect(told.first == reason)
    }

    @Test(arguments: [
        (#""steps": 20"#, #""steps": "20""#), (#""cfg": 7.5"#, #""cfg": " 7 ""#),
        (#""denoise": 1"#, #""denoise": true"#),
        (#""text": "a fox""#, #""text": 5"#), (#""width": 512"#, #""width": 513"#),
        (#""batch_size": 1"#, #""batch_size": 1, "unknown": "x""#),
    ])
    func `what ComfyUI makes fit is no fault`(from: String, to: String) throws {
        #expect(try reasons((from, to)) == [])
    }

    @Test func `an export from before a node got an input is completed as the editor does`() throws {
        let graph = DiscoveryGraphs.plain.replacing(#""denoise": 1, "#, with: "")
            .replacing(#""filename_prefix": "x", "#, with: "").replacing(#""scheduler": "normal","#, with: "")
        let plain = workflow(graph: graph, manifest: nil)
        let fitted = plain.fitted(to: [try coreNodes()])
        #expect(fitted.reasons == [])
        #expect(fitted.version == plain.version)
        let prompt = try fitted.prompt(with: [:], uploadedImages: [:], filenamePrefix: "easel/t/1")
        #expect(prompt["3"]?["inputs"]?["denoise"] == 1.0)
        #expect(prompt["3"]?["inputs"]?["scheduler"] == "simple")
        #expect(prompt["9"]?["inputs"]?["filename_prefix"] == "easel/t/1")
        let noModel = graph.replacing(#""ckpt_name": "random_sd15.safetensors""#, with: "")
        #expect(
            workflow(graph: noModel, manifest: nil).fitted(to: [try coreNodes()]).reasons == [
                "The required input ckpt_name of node 4 (CheckpointLoaderSimple) is missing"
            ], "which model is nobody's to guess")
    }

    @Test func `what feeds no output is not checked, but its type must be there`() throws {
        let unused = #""20": {"class_type": "KSampler", "inputs": {}}, "9": {"#
        #expect(try reasons((#""9": {"#, unused)) == [])
        #expect(try reasons((#""9": {"#, unused.replacing("KSampler", with: "NoSuch"))).count == 1)
    }

    @Test func `a manifest names the pack of a node and the source of a model`() throws {
        let manifest = """
            {"models": [{"folder": "checkpoints", "file": "big.safetensors", "url": "https://example.org/big"}],
             "nodes": [{"class_type": "FancySave", "pack": "Fancy Pack", "url": "https://example.org/fancy"}]}
            """
        #expect(
            try reasons(
                (#""ckpt_name": "random_sd15.safetensors""#, #""ckpt_name": "big.safetensors""#), manifest: manifest)
                == [
                    "The model big.safetensors, ckpt_name of node 4 (CheckpointLoaderSimple), is missing: put it into "
                        + "ComfyUI's models/checkpoints; get it from https://example.org/big"
                ])
        #expect(
            try reasons((#""SaveImage""#, #""FancySave""#), manifest: manifest) == [
                "ComfyUI has no node type FancySave (node 9): it comes with the node pack Fancy Pack "
                    + "(https://example.org/fancy)"
            ])
    }

    @Test func `a model that requests choose matters only where there is none to choose`() throws {
        let parameters = manifest(
            properties: #""checkpoint": {"type": "string", "default": "absent.safetensors", "#
                + #""inject": [{"node": "4", "input": "ckpt_name"}]}"#)
        #expect(try reasons(manifest: parameters) == [])
        let empty = try nodeList(
            """
            {"CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": [[]]}}, "output": ["MODEL", "CLIP", "VAE"]},
             "Show": {"input": {"required": {"model": ["MODEL"]}}, "output": [], "output_node": true}}
            """)
        let graph = """
            {"4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x.safetensors"}},
             "5": {"class_type": "Show", "inputs": {"model": ["4", 0]}}}
            """
        #expect(
            workflow(graph: graph, manifest: parameters).fitted(to: [empty]).reasons == [
                "The model absent.safetensors, ckpt_name of node 4 (CheckpointLoaderSimple), is missing: put it into "
                    + "ComfyUI's models/checkpoints"
            ])
    }

    @Test func `the default of a parameter is checked in the place of the graph's value`() throws {
        let parameters = manifest(
            properties: #""steps": {"type": "integer", "default": 0, "inject": [{"node": "3", "input": "steps"}]}, "#
                + #""cfg": {"type": "number", "inject": [{"node": "3", "input": "cfg"}]}"#, required: #"["cfg"]"#)
        #expect(
            try reasons((#""cfg": 7.5"#, #""cfg": 999"#), manifest: parameters) == [
                "The input steps of node 3 (KSampler) is 0, less than the least allowed, 1"
            ])
    }

    @Test func `a picture that is no parameter must be there`() throws {
        let graph = """
            {"1": {"class_type": "LoadImage", "inputs": {"image": "logo.png"}},
             "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}
            """
        #expect(
            try reasons(graph: graph) == [
                "The picture logo.png, image of node 1 (LoadImage), is not in ComfyUI's input folder"
            ])
        #expect(try reasons(("logo.png", "sub/logo.png"), graph: graph) == [])
        #expect(try reasons(graph: graph, manifest: nil) == [], "a picture that is uploaded need not")
    }

    @Test func `one ComfyUI that can run it is enough, and one that has not told may`() throws {
        let none = try nodeList(#"{"Nothing": {"input": {}, "output": []}}"#)
        let core = try coreNodes()
        let plain = workflow(graph: DiscoveryGraphs.plain, manifest: nil)
        #expect(plain.fitted(to: [none, core]).isReady)
        #expect(plain.fitted(to: [none, core]).parameters["scheduler"]?.choices != nil)
        #expect(plain.fitted(to: [none, nil]).isReady)
        #expect(plain.fitted(to: []).isReady)
        #expect(!plain.fitted(to: [none]).isReady)
        #expect(!plain.canRun(on: none))
        #expect(plain.canRun(on: core))
        #expect(plain.canRun(on: nil))
    }

    @Test func `a file that cannot be used says so whatever ComfyUI has`() throws {
        let broken = workflow(graph: "{", manifest: nil)
        #expect(broken.fitted(to: [try coreNodes()]) == broken)
    }

    @Test func `a graph of the editor says how to export it`() {
        let told = workflow(graph: #"{"nodes": [{"id": 1}], "links": [], "version": 0.4}"#, manifest: nil).reasons
        #expect(told.count == 1)
        #expect(told[0].hasPrefix("sample.json:1: the file is saved in the editor's own form"))
        #expect(told[0].contains("Workflow > Export (API)"))
        #expect(told[0].contains("Dev mode"))
    }

    @Test func `a branch that a request may leave out asks for no model`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = try WorkflowFolder.load(root.appending(path: "workflows").path, hash: sampleHash)
        let workflow = try #require(folder["flux_lora"]).fitted(to: [try coreNodes()])
        #expect(!workflow.reasons.contains { $0.contains("lora") }, "\(workflow.reasons)")
    }
}

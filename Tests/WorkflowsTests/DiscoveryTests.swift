import JSONText
import Testing
import Workflows

@Suite struct DiscoveryTests {
    let validator = ParameterValidator(randomSeed: { 42 })

    private func names(_ workflow: Workflow) -> [String] { workflow.parameters.parameters.map(\.name) }

    private func prompt(_ workflow: Workflow, _ params: JSONObject, _ uploads: [String: [String]] = [:]) throws -> JSON
    {
        let outcome = validator.validate(params, against: workflow.parameters)
        #expect(outcome.faults == [])
        return try workflow.prompt(with: outcome.values, uploadedImages: uploads, filenamePrefix: "easel/t/1")
    }

    @Test func `an export is an API at once, and works as it is`() throws {
        let workflow = workflow(graph: DiscoveryGraphs.plain, manifest: nil)
        #expect(workflow.reasons == [])
        #expect(workflow.isDiscovered)
        #expect(
            names(workflow) == [
                "prompt", "negative_prompt", "seed", "steps", "cfg", "sampler_name", "scheduler", "denoise", "width",
                "height", "batch_size",
            ])
        #expect(workflow.parameters.required == [])
        let asExported = try prompt(workflow, [:])
        #expect(asExported["6"]?["inputs"]?["text"] == "a fox")
        #expect(asExported["3"]?["inputs"]?["seed"] == 42, "a seed is random when it is absent")
        #expect(asExported["5"]?["inputs"] == ["width": 512, "height": 768, "batch_size": 1])
        let asked = try prompt(
            workflow, ["prompt": "a hare", "negative_prompt": "fog", "seed": .unsigned(.max), "width": 640, "cfg": 3])
        #expect(asked["6"]?["inputs"]?["text"] == "a hare")
        #expect(asked["7"]?["inputs"]?["text"] == "fog")
        #expect(asked["3"]?["inputs"]?["seed"]?.text == "18446744073709551615")
        #expect(asked["5"]?["inputs"]?["width"] == 640)
        #expect(asked["4"]?["inputs"]?["ckpt_name"] == "random_sd15.safetensors", "model files are not exposed")
    }

    @Test func `settings in nodes of their own are found`() throws {
        let workflow = workflow(graph: DiscoveryGraphs.custom, manifest: nil)
        #expect(
            names(workflow) == [
                "prompt", "seed", "steps", "sampler_name", "scheduler", "denoise", "width", "height", "batch_size",
            ])
        #expect(targets(of: "prompt", in: workflow) == ["6.clip_l", "6.t5xxl"])
        #expect(targets(of: "seed", in: workflow) == ["25.noise_seed"])
        #expect(targets(of: "steps", in: workflow) == ["17.steps"])
        #expect(targets(of: "sampler_name", in: workflow) == ["16.sampler_name"])
        #expect(targets(of: "width", in: workflow) == ["5.width", "30.width"], "the model is shifted for the size")
        #expect(try prompt(workflow, ["width": 768])["30"]?["inputs"]?["width"] == 768)
    }

    @Test func `the first pass has the plain names and both get the seed`() {
        let workflow = workflow(graph: DiscoveryGraphs.hiresFix, manifest: nil)
        #expect(targets(of: "seed", in: workflow) == ["3.seed", "1.seed"])
        #expect(targets(of: "steps", in: workflow) == ["3.steps"])
        #expect(targets(of: "denoise", in: workflow) == ["3.denoise"])
        #expect(targets(of: "width", in: workflow) == ["5.width"])
        #expect(targets(of: "prompt", in: workflow) == ["6.text"])
    }

    static let links: [(positive: String, negative: String, nodes: String, found: [String: [String]])] = [
        // A ControlNet takes both sides and gives them in this order.
        (
            #"["1", 0]"#, #"["1", 1]"#,
            #""1": {"class_type": "ControlNetApplyAdvanced", "inputs": {"positive": ["2", 0], "negative": ["3", 0], "#
                + #""control_net": ["5", 0], "image": ["4", 0], "strength": 1, "start_percent": 0, "end_percent": 1}}, "#
                + #""4": {"class_type": "LoadImage", "inputs": {"image": "pose.png"}}, "#
                + #""5": {"class_type": "ControlNetLoader", "inputs": {"control_net_name": "c.pth"}}, "#
                + DiscoveryGraphs.encoder(2, #""a""#) + "," + DiscoveryGraphs.encoder(3, #""b""#),
            ["prompt": ["2.text"], "negative_prompt": ["3.text"], "image": ["4.image"]]
        ),
        // Nothing is in what is made of zeros.
        (
            #"["2", 0]"#, #"["1", 0]"#,
            #""1": {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["2", 0]}}, "#
                + DiscoveryGraphs.encoder(2, #""a""#), ["prompt": ["2.text"], "negative_prompt": []]
        ),
        // One text for both sides is the prompt.
        (
            #"["2", 0]"#, #"["2", 0]"#, DiscoveryGraphs.encoder(2, #""a""#),
            ["prompt": ["2.text"], "negative_prompt": []]
        ),
        // Two texts joined are two parameters; the same text twice is one.
        (
            #"["1", 0]"#, #"["4", 0]"#,
            #""1": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["2", 0], "conditioning_2": ["3", 0]}}, "#
                + DiscoveryGraphs.encoder(2, #""sky""#) + "," + DiscoveryGraphs.encoder(3, #""sea""#) + ","
                + DiscoveryGraphs.encoder(4, #""""#),
            ["prompt": ["2.text"], "prompt_2": ["3.text"], "negative_prompt": ["4.text"]]
        ),
        (
            #"["1", 0]"#, #"["4", 0]"#,
            #""1": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["2", 0], "conditioning_2": ["3", 0]}}, "#
                + DiscoveryGraphs.encoder(2, #""sky""#) + "," + DiscoveryGraphs.encoder(3, #""sky""#) + ","
                + DiscoveryGraphs.encoder(4, #""""#),
            ["prompt": ["2.text", "3.text"], "prompt_2": []]
        ),
        // SDXL takes a text twice, here from one node that holds it, through a reroute.
        (
            #"["7", 0]"#, #"["3", 0]"#,
            #""7": {"class_type": "Reroute", "inputs": {"": ["1", 0]}}, "#
                + #""1": {"class_type": "CLIPTextEncodeSDXL", "inputs": {"clip": ["101", 1], "width": 1024, "#
                + #""height": 1024, "crop_w": 0, "crop_h": 0, "target_width": 1024, "target_height": 1024, "#
                + #""text_g": ["2", 0], "text_l": ["2", 0]}}, "#
                + #""2": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": "a fox"}}, "#
                + DiscoveryGraphs.encoder(3, #""b""#),
            ["prompt": ["2.value"], "negative_prompt": ["3.text"], "width": ["102.width"]]
        ),
        // Parts joined with what an app adds: both parts are the prompt's.
        (
            #"["1", 0]"#, #"["5", 0]"#,
            DiscoveryGraphs.encoder(1, #"["2", 0]"#)
                + #", "2": {"class_type": "StringConcatenate", "inputs": {"string_a": ["3", 0], "#
                + #""string_b": ", best quality", "delimiter": ""}}, "#
                + #""3": {"class_type": "Text Multiline", "inputs": {"text": "a fox"}}, "#
                + DiscoveryGraphs.encoder(5, #""b""#), ["prompt": ["3.text"], "negative_prompt": ["5.text"]]
        ),
        // What a language model or a picture's tagger writes is nobody's to give; what is joined with it is.
        (
            #"["1", 0]"#, #"["5", 0]"#,
            DiscoveryGraphs.encoder(1, #"["2", 0]"#)
                + #", "2": {"class_type": "Text Concatenate", "inputs": {"delimiter": ",", "text_a": ["3", 0], "#
                + #""text_b": ["4", 0], "text_c": ["6", 0], "text_d": ["7", 0]}}, "#
                + #""3": {"class_type": "Text Multiline", "inputs": {"text": "a fox"}}, "#
                + #""4": {"class_type": "SomeGemini", "inputs": {"model": "large", "prompt": "Describe a forest"}}, "#
                + #""6": {"class_type": "SomeTagger", "inputs": {"tags": "1fox", "image": ["8", 0]}}, "#
                + #""7": {"class_type": "Text Multiline", "inputs": {"text": "oil painting"}}, "#
                + #""8": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}, "#
                + DiscoveryGraphs.encoder(5, #""b""#),
            ["prompt": ["3.text"], "prompt_2": ["7.text"], "prompt_3": [], "image": ["8.image"]]
        ),
        // Some nodes give a model first, and then both sides.
        (
            #"["1", 1]"#, #"["1", 2]"#,
            #""1": {"class_type": "ApplyInstantID", "inputs": {"model": ["101", 0], "positive": ["2", 0], "#
                + #""negative": ["3", 0]}}, "# + DiscoveryGraphs.encoder(2, #""a""#) + ","
                + DiscoveryGraphs.encoder(3, #""b""#), ["prompt": ["2.text"], "negative_prompt": ["3.text"]]
        ),
        // A styler holds both texts, a loader both and the size.
        (
            #"["1", 0]"#, #"["2", 0]"#,
            DiscoveryGraphs.encoder(1, #"["3", 0]"#) + "," + DiscoveryGraphs.encoder(2, #"["3", 1]"#)
                + #", "3": {"class_type": "SDXLPromptStyler", "inputs": {"text_positive": "a", "text_negative": "b", "#
                + #""style": "base"}}"#,
            ["prompt": ["3.text_positive"], "negative_prompt": ["3.text_negative"]]
        ),
        (
            #"["1", 1]"#, #"["1", 2]"#,
            #""1": {"class_type": "Efficient Loader", "inputs": {"ckpt_name": "a.safetensors", "positive": "a", "#
                + #""negative": "b", "empty_latent_width": 512, "empty_latent_height": 512, "batch_size": 1}}"#,
            ["prompt": ["1.positive"], "negative_prompt": ["1.negative"]]
        ),
        // Both sides in one pipe.
        (
            #"["1", 3]"#, #"["1", 4]"#,
            #""1": {"class_type": "FromBasicPipe", "inputs": {"basic_pipe": ["2", 0]}}, "#
                + #""2": {"class_type": "ToBasicPipe", "inputs": {"model": ["101", 0], "clip": ["101", 1], "#
                + #""vae": ["101", 2], "positive": ["3", 0], "negative": ["4", 0]}}, "#
                + DiscoveryGraphs.encoder(3, #""a""#) + "," + DiscoveryGraphs.encoder(4, #""b""#),
            ["prompt": ["3.text"], "negative_prompt": ["4.text"]]
        ),
    ]

    @Test(arguments: links.indices) func `the sampler's two sides lead to their texts`(place: Int) {
        let (positive, negative, nodes, found) = Self.links[place]
        let graph = DiscoveryGraphs.around(positive: positive, negative: negative, nodes)
        let workflow = workflow(graph: graph, manifest: nil)
        #expect(workflow.reasons == [])
        for (name, expected) in found { #expect(targets(of: name, in: workflow) == expected, "\(name)") }
    }

    @Test func `texts that differ keep their places until a request gives one`() throws {
        let graph = DiscoveryGraphs.custom.replacing(#""t5xxl": "a fox""#, with: #""t5xxl": "a fox in the snow""#)
        let workflow = workflow(graph: graph, manifest: nil)
        #expect(workflow.parameters["prompt"]?.defaultValue == nil)
        let untouched = try prompt(workflow, [:])
        #expect(untouched["6"]?["inputs"]?["clip_l"] == "a fox")
        #expect(untouched["6"]?["inputs"]?["t5xxl"] == "a fox in the snow")
        #expect(try prompt(workflow, ["prompt": "b"])["6"]?["inputs"]?["t5xxl"] == "b")
    }

    @Test func `a seed that a node of its own holds is found there`() {
        let graph = DiscoveryGraphs.plain.replacing(#""seed": 5"#, with: #""seed": ["20", 0]"#)
            .replacing(#""9": {"#, with: #""20": {"class_type": "PrimitiveInt", "inputs": {"value": 3}}, "9": {"#)
        #expect(targets(of: "seed", in: workflow(graph: graph, manifest: nil)) == ["20.value"])
    }

    @Test func `pictures come in the order of their nodes and must be given`() throws {
        let graph = """
            {"10": {"class_type": "LoadImage", "inputs": {"image": "b.png"}},
             "2": {"class_type": "LoadImage", "inputs": {"image": "a.png", "upload": "image"}},
             "57:8": {"class_type": "LoadImageMask", "inputs": {"image": "m.png", "channel": "alpha"}},
             "4": {"class_type": "ImageCompositeMasked", "inputs": {"destination": ["2", 0], "source": ["10", 0],
               "mask": ["57:8", 0], "x": 0, "y": 0, "resize_source": false}},
             "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "x"}},
             "6": {"class_type": "LoadImage", "inputs": {"image": "unused.png"}}}
            """
        let workflow = workflow(graph: graph, manifest: nil)
        #expect(targets(of: "image", in: workflow) == ["2.image"])
        #expect(targets(of: "image_2", in: workflow) == ["10.image"])
        #expect(targets(of: "mask", in: workflow) == ["57:8.image"])
        let fitted = workflow.fitted(to: [try coreNodes()])
        #expect(fitted.reasons == [])
        #expect(names(fitted) == ["image", "image_2", "mask"], "what feeds no output is not run")
        #expect(fitted.parameters.required == ["image", "image_2", "mask"])
    }

    @Test func `with no sampler the texts are parameters`() {
        let graph = """
            {"1": {"class_type": "PrimitiveString", "inputs": {"value": "hello"}},
             "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}}}
            """
        #expect(targets(of: "text", in: workflow(graph: graph, manifest: nil)) == ["1.value"])
    }

    @Test func `titles that begin with a dollar name parameters`() throws {
        let graph = """
            {"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255},
               "_meta": {"title": "$colour.color"}},
             "2": {"class_type": "ImageScaleBy", "inputs": {"upscale_method": "area", "scale_by": 2.0, "image": ["1", 0]},
               "_meta": {"title": "$factor.scale_by how much larger"}},
             "3": {"class_type": "PrimitiveInt", "inputs": {"value": 3}, "_meta": {"title": "$5 is no name"}},
             "4": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"},
               "_meta": {"title": "Save"}}}
            """
        let workflow = workflow(graph: graph, manifest: nil)
        #expect(workflow.reasons == [])
        #expect(names(workflow) == ["width", "height", "batch_size", "colour", "factor"])
        #expect(workflow.parameters["colour"]?.kind == .integer)
        #expect(workflow.parameters["factor"]?.defaultValue == 2.0)
        let fitted = workflow.fitted(to: [try coreNodes()])
        #expect(fitted.parameters["factor"]?.maximum == 8.0)
        #expect(fitted.parameters["colour"]?.maximum == 16_777_215)
    }

    @Test func `a titled node takes the place of what would have been found`() {
        let graph = DiscoveryGraphs.plain.replacing(
            #""inputs": {"text": "a fox", "clip": ["4", 1]}}"#,
            with: #""inputs": {"text": "a fox", "clip": ["4", 1]}, "_meta": {"title": "$animal"}}"#)
        let workflow = workflow(graph: graph, manifest: nil)
        #expect(targets(of: "animal", in: workflow) == ["6.text"])
        #expect(workflow.parameters["prompt"] == nil)
    }

    @Test(arguments: [
        ("$x", #"sample.json: node 1 is titled $x, but has several inputs: title it $x.width or $x.height or "#),
        ("$x.depth", "sample.json: node 1 is titled $x.depth, but has no such input with a value of its own"),
    ])
    func `a title that cannot be followed is told`(title: String, reason: String) {
        let graph = """
            {"1": {"class_type": "GetSize", "inputs": {"height": 64, "length": 64, "channels": 1},
               "_meta": {"title": "\(title)"}},
             "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}
            """
        let told = workflow(graph: graph, manifest: nil).reasons
        #expect(told.count == 1)
        #expect(told.first?.hasPrefix(reason.prefix(45)) == true, "\(told)")
    }

    // MARK: With what ComfyUI knows

    @Test func `ranges and choices come from the nodes, the version does not change`() throws {
        let plain = workflow(graph: DiscoveryGraphs.plain, manifest: nil)
        let fitted = plain.fitted(to: [try coreNodes()])
        #expect(fitted.reasons == [])
        #expect(fitted.version == plain.version)
        #expect(plain.parameters["sampler_name"]?.choices == nil)
        #expect(fitted.parameters["sampler_name"]?.choices?.contains("dpmpp_2m") == true)
        #expect(fitted.parameters["sampler_name"]?.defaultValue == "euler")
        #expect(fitted.parameters["width"]?.multipleOf == 8)
        #expect(fitted.parameters["width"]?.maximum == 16_384)
        #expect(fitted.parameters["seed"]?.maximum == .unsigned(.max))
        #expect(fitted.parameters["cfg"]?.multipleOf == nil, "the arrows' pace is no rule")
        let faults = validator.validate(["width": 513, "sampler_name": "x"], against: fitted.parameters).faults
        #expect(Set(faults.map(\.type)) == ["multiple_of", "enum"])
    }

    @Test func `several nodes that one parameter sets narrow its range`() throws {
        let nodes = try nodeList(
            """
            {"KSampler": {"input": {"required": {"seed": ["INT", {"min": 0, "max": 18446744073709551615}],
               "steps": ["INT", {}], "latent_image": ["LATENT"]}}, "output": ["LATENT"], "output_node": false},
             "Other": {"input": {"required": {"seed": ["INT", {"min": 1, "max": 1000}], "steps": ["INT", {}],
               "samples": ["LATENT"]}}, "output": ["LATENT"], "output_node": true}}
            """)
        let graph = """
            {"1": {"class_type": "KSampler", "inputs": {"seed": 4, "steps": 5, "latent_image": ["2", 0]}},
             "2": {"class_type": "Other", "inputs": {"seed": 4, "steps": 6, "samples": ["2", 0]}}}
            """
        let fitted = workflow(graph: graph, manifest: nil).fitted(to: [nodes])
        #expect(fitted.parameters["seed"]?.minimum == 1)
        #expect(fitted.parameters["seed"]?.maximum == 1000)
        let seed = validator.validate([:], against: fitted.parameters).values["seed"]?.uint64 ?? 0
        #expect((1...1000).contains(seed))
    }

    @Test func `a graph as it was sent to ComfyUI is taken too`() {
        let workflow = workflow(graph: #"{"client_id": "x", "prompt": \#(DiscoveryGraphs.plain)}"#, manifest: nil)
        #expect(workflow.reasons == [])
        #expect(targets(of: "prompt", in: workflow) == ["6.text"])
    }

    @Test(arguments: UInt64(0)..<300)
    func `no graph, however damaged, does harm`(seed: UInt64) throws {
        var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % UInt64(bound))
        }
        var graph = Array([DiscoveryGraphs.custom, DiscoveryGraphs.hiresFix][Int(seed % 2)].utf8)
        // Ids that lead to other nodes, to themselves and in circles; inputs of other types.
        let digits = graph.indices.filter { (0x30...0x39).contains(graph[$0]) }
        for _ in 0..<6 { graph[digits[next(digits.count)]] = UInt8(0x30 + next(10)) }
        let damaged = workflow(graph: String(decoding: graph, as: UTF8.self), manifest: nil)
        let fitted = damaged.fitted(to: [try coreNodes()])
        let values = validator.validate([:], against: fitted.parameters).values
        _ = try? fitted.prompt(with: values, uploadedImages: [:], filenamePrefix: "p")
        #expect(fitted.version == damaged.version)
    }
}

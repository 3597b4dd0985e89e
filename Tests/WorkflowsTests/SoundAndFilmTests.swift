import JSONText
import Testing
import Workflows

/// Graphs that load sounds and films.
@Suite struct SoundAndFilmTests {
    private static let graph = """
        {
          "1": {"class_type": "LoadAudio", "inputs": {"audio": "speech.wav"}},
          "2": {"class_type": "LoadAudio", "inputs": {"audio": "music.mp3"}},
          "3": {"class_type": "LoadVideo", "inputs": {"file": "clip.mp4"}},
          "4": {"class_type": "VHS_LoadVideo", "inputs": {"video": "other.mp4", "force_rate": 0}},
          "9": {"class_type": "Mix", "inputs": {"a": ["1", 0], "b": ["2", 0], "c": ["3", 0], "d": ["4", 0]}}
        }
        """
    private static let nodes = """
        {
          "LoadAudio": {"input": {"required": {"audio": [["x.wav"], {"audio_upload": true}]}}, "output": ["AUDIO"]},
          "LoadVideo": {"input": {"required": {"file": ["COMBO", {"options": [], "video_upload": true}]}},
            "output": ["VIDEO"]},
          "VHS_LoadVideo": {"input": {"required": {"video": [[], {"video_upload": true}],
            "force_rate": ["FLOAT", {"default": 0}]}}, "output": ["IMAGE"]},
          "Mix": {"input": {"required": {"a": ["AUDIO"], "b": ["AUDIO"], "c": ["VIDEO"], "d": ["IMAGE"]}},
            "output": [], "output_node": true}
        }
        """

    @Test func `each is a parameter that a request uploads`() throws {
        let workflow = workflow(graph: Self.graph, manifest: nil)
        #expect(workflow.reasons == [])
        #expect(workflow.parameters.required == ["audio", "audio_2", "video"])
        #expect(targets(of: "audio_2", in: workflow) == ["2.audio"])
        #expect(targets(of: "video", in: workflow) == ["3.file"])
        #expect(workflow.parameters["audio"]?.format == .audio)
        #expect(workflow.parameters["video"]?.format == .video)
        let prompt = try workflow.prompt(
            with: [:], uploadedImages: ["audio": ["easel/1.wav"], "video": ["easel/2.mp4"]], filenamePrefix: "p")
        #expect(prompt["1"]?["inputs"]?["audio"] == "easel/1.wav")
        #expect(prompt["2"]?["inputs"]?["audio"] == "music.mp3")
        #expect(prompt["3"]?["inputs"]?["file"] == "easel/2.mp4")
    }

    @Test func `what ComfyUI knows of its nodes adds the loaders of packs`() throws {
        let fitted = workflow(graph: Self.graph, manifest: nil).fitted(to: [try nodeList(Self.nodes)])
        #expect(fitted.reasons == [], "what is uploaded need not be there")
        #expect(fitted.parameters.required == ["audio", "audio_2", "video", "video_2"])
        #expect(targets(of: "video_2", in: fitted) == ["4.video"])
    }

    @Test func `a title names it, and it is uploaded all the same`() {
        let graph = #"{"1":{"class_type":"LoadAudio","inputs":{"audio":"a.wav"},"_meta":{"title":"$voice"}}}"#
        let workflow = workflow(graph: graph, manifest: nil)
        #expect(workflow.parameters["voice"]?.format == .audio)
        #expect(workflow.parameters["audio"] == nil)
    }

    @Test(arguments: [("LoadAudio", "audio"), ("LoadVideo", "file")])
    func `a graph whose own file leaves its folder is refused`(type: String, input: String) {
        let graph = #"{"1":{"class_type":"\#(type)","inputs":{"\#(input)":"../../x"}}}"#
        let error = #expect(throws: InjectionError.self) {
            try workflow(graph: graph, manifest: "{}").prompt(with: [:], uploadedImages: [:], filenamePrefix: "p")
        }
        #expect(error?.reason == "The \(input) name of node 1 must not hold '..'")
    }
}

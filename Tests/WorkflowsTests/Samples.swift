import Foundation
import JSONText
import Workflows

/// A stand-in for SHA-256: equal bytes give equal texts.
func sampleHash(_ bytes: [UInt8]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
}

/// A graph with one of each thing that matters here.
let sampleGraph = """
    {
      "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}, "_meta": {"title": "Load Image"}},
      "2": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
      "3": {"class_type": "KSampler", "inputs": {"seed": 1, "cfg": 1.5, "image": ["1", 0], "other": ["2", 0]}},
      "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a.safetensors"}},
      "8": {"class_type": "SaveAudioMP3", "inputs": {"audio": ["3", 0], "filename_prefix": "audio/x"}},
      "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "ComfyUI"}}
    }
    """

/// A workflow from the texts of its files.
func workflow(graph: String = sampleGraph, manifest: String?) -> Workflow {
    Workflow(
        name: "sample", graph: .success(Array(graph.utf8)), manifest: manifest.map { .success(Array($0.utf8)) },
        hash: sampleHash)
}

/// A manifest with these parameters.
func manifest(properties: String, required: String = "[]", more: String = "") -> String {
    #"{"parameters":{"type":"object","properties":{\#(properties)},"required":\#(required)}\#(more)}"#
}

/// The core nodes of a real ComfyUI, with the models that it had.
func coreNodes() throws -> NodeList {
    try readCoreNodes.get()
}

private let readCoreNodes = Result<NodeList, any Error> {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appendingPathComponent("Resources/core-nodes.json"))
    return try NodeList(objectInfo: JSON(parsing: [UInt8](data)))
}

/// A node list with these entries.
func nodeList(_ text: String) throws -> NodeList {
    try NodeList(objectInfo: JSON(parsing: text))
}

/// A parameter's targets as `node.input`.
func targets(of parameter: String, in workflow: Workflow) -> [String] {
    (workflow.manifest.inject[parameter] ?? []).map { "\($0.node).\($0.input)" }
}

import JSONText
import Testing
import Workflows

private let seed = #""inject":[{"node":"3","input":"seed"}]"#

/// What a manifest says, and the reason why its workflow is not ready.
private let wrongManifests: [(text: String, reason: String)] = [
    ("{", "sample.manifest.json:1: is not JSON: unexpected end of text"),
    ("{\n \"title\": 1,\n", "sample.manifest.json:3: is not JSON: unexpected end of text"),
    ("[]", "sample.manifest.json:1: the file must be an object"),
    ("{\n\n \"title\": 1\n}", "sample.manifest.json:3: title must be a string"),
    ("{\"parameter\":{}}", "sample.manifest.json:1: parameter is not a known member here"),
    (manifest(properties: #""a":1"#), "sample.manifest.json:1: parameters.properties.a must be an object"),
    (
        manifest(properties: #""a":{\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a needs the member `type`"
    ),
    (
        manifest(properties: "\"a\":{\n\"type\":\"text\",\(seed)}"),
        "sample.manifest.json:2: parameters.properties.a.type must be one of string, integer, number, boolean, array"
    ),
    (
        manifest(properties: #""a":{"type":"string","pattern":"x",\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.pattern is not a known member here"
    ),
    (
        manifest(properties: #""a":{"type":"string","minimum":1,\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.minimum does not apply to the type string"
    ),
    (
        manifest(properties: #""a":{"type":"integer","minimum":"1",\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.minimum must be a number"
    ),
    (
        manifest(properties: #""a":{"type":"integer","minimum":2,"maximum":1,\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.maximum must not be less than the minimum"
    ),
    (
        manifest(properties: #""a":{"type":"integer","multipleOf":0,\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.multipleOf must be more than 0"
    ),
    (
        manifest(properties: #""a":{"type":"integer","maximum":5,"default":9,\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.default does not fit: Input should be less than or equal to 5"
    ),
    (
        manifest(properties: #""a":{"type":"string","maxLength":-1,\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.maxLength must be a whole number from 0"
    ),
    (
        manifest(properties: #""a":{"type":"integer","format":"image",\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.format must be `image`, `audio`, `video`, `filename` or `model` of a string"
    ),
    (
        manifest(properties: #""a":{"type":"string","format":"model",\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a needs the member `folder`: where under ComfyUI's models its file lies"
    ),
    (
        manifest(properties: #""a":{"type":"string","format":"model","folder":"../loras",\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.folder must be a name of letters, digits, - and _"
    ),
    (
        manifest(properties: #""a":{"type":"string","folder":"loras",\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.folder applies to the format `model` alone"
    ),
    (
        manifest(properties: #""a":{"type":"integer","enum":[1,"x"],\#(seed)}"#),
        "sample.manifest.json:1: parameters.properties.a.enum.1 must be of the type integer"
    ),
    (
        manifest(properties: #""a":{"type":"array","inject":[{"node":"1","input":"image","element":0}]}"#),
        "sample.manifest.json:1: parameters.properties.a needs the member `items`"
    ),
    (
        manifest(
            properties: #""a":{"type":"array","items":{"type":"string"},"inject":[{"node":"1","input":"image"}]}"#),
        "sample.manifest.json:1: parameters.properties.a.inject.0 needs `element`: which element of the list goes there"
    ),
    (
        manifest(properties: #""a":{"type":"string","inject":[{"node":"1","input":"image","element":0}]}"#),
        "sample.manifest.json:1: parameters.properties.a.inject.0 has `element`, but the parameter is no list"
    ),
    (
        manifest(properties: #""a":{"type":"integer"}"#),
        "sample.manifest.json:1: parameters.properties.a needs `inject` with at least one node input"
    ),
    (
        manifest(properties: "\"a\":{\"type\":\"integer\",\"inject\":[\n{\"node\":\"77\",\"input\":\"seed\"}]}"),
        "sample.manifest.json:2: parameters.properties.a.inject.0 names node 77, which is not in the graph"
    ),
    (
        manifest(properties: #""a":{"type":"integer","inject":[{"node":"3","input":"steps"}]}"#),
        "sample.manifest.json:1: parameters.properties.a.inject.0 names the input steps, which node 3 does not have"
    ),
    (
        manifest(properties: #""a":{"type":"integer","inject":[{"node":"3","input":"image"}]}"#),
        "sample.manifest.json:1: parameters.properties.a.inject.0 names the input image of node 3, which node 1 feeds"
    ),
    (
        manifest(properties: #""a":{"type":"integer",\#(seed)}"#, required: #"["b"]"#),
        "sample.manifest.json:1: parameters.required.0 must be the name of a parameter"
    ),
    (#"{"outputs":["10"]}"#, "sample.manifest.json:1: outputs.0 must be the id of a node of the graph, in quotes"),
    (
        #"{"outputs":{"picture":9}}"#,
        "sample.manifest.json:1: outputs.picture must be the id of a node of the graph, in quotes"
    ),
    (#"{"models":[{"folder":"loras"}]}"#, "sample.manifest.json:1: models.0 needs the member `file`"),
    (
        #"{"nodes":[{"class_type":"X","pack":"p","x":1}]}"#,
        "sample.manifest.json:1: nodes.0.x is not a known member here"
    ),
]

/// What a graph file holds, and the reason why its workflow is not ready.
private let wrongGraphs: [(text: String, reason: String)] = [
    (
        #"{"last_node_id":9,"nodes":[{"id":1}],"links":[]}"#,
        "sample.json:1: the file is saved in the editor's own form, which ComfyUI cannot run; "
            + "in ComfyUI choose Workflow > Export (API) and put that file here "
            + "(older versions: switch on Dev mode in the settings, then Save (API Format))"
    ),
    ("{\n\"1\": {\n", "sample.json:3: is not JSON: unexpected end of text"),
    ("", "sample.json:1: is not JSON: unexpected end of text"),
    ("[]", "sample.json:1: the file must be an object of nodes"), ("{}", "sample.json:1: the file holds no nodes"),
    (#"{"1":2}"#, "sample.json:1: 1 must be a node with `class_type` and `inputs`"),
    (#"{"1":{"inputs":{}}}"#, "sample.json:1: 1 needs the string `class_type`"),
    ("{\n\"1\":{\"class_type\":\"A\"}}", "sample.json:2: 1 needs the object `inputs`"),
    (
        "{\"1\":{\"class_type\":\"A\",\"inputs\":{\n\"x\":[\"7\",0]}}}",
        "sample.json:2: 1.inputs.x comes from node 7, which is not in the graph"
    ),
]

@Suite struct ManifestTests {
    @Test(arguments: wrongManifests)
    func `a wrong manifest names file, line and reason`(text: String, reason: String) {
        let workflow = workflow(manifest: text)
        #expect(workflow.reasons == [reason])
        #expect(!workflow.summary.ready)
    }

    @Test(arguments: wrongGraphs)
    func `a graph that cannot run names file, line and reason`(text: String, reason: String) {
        #expect(workflow(graph: text, manifest: "{}").reasons == [reason])
    }

    @Test func `everything wrong is told at once`() {
        let text = manifest(
            properties: #""a":{"type":"integer"},"b":{"type":"x",\#(seed)}"#, more: #","outputs":["0"],"x":1"#)
        #expect(workflow(manifest: text).reasons.count == 4)
    }

    @Test func `a graph without a manifest is ready with what is found in it`() {
        let found = workflow(manifest: nil)
        #expect(found.reasons == [])
        #expect(found.parameters.parameters.map(\.name) == ["image", "image_2"])
    }

    @Test func `a right manifest gives what it says`() {
        let list =
            #""faces":{"type":"array","items":{"type":"string","format":"image"},"inject":["#
            + #"{"node":"1","input":"image","element":0},{"node":"2","input":"image","element":1}]}"#
        let more =
            #","title":"T","outputs":{"picture":"9"},"models":[{"folder":"loras","file":"x","url":"https://x"}],"#
            + #""nodes":[{"class_type":"Y","pack":"p"}],"$schema":"./manifest.schema.json""#
        let workflow = workflow(manifest: manifest(properties: list, more: more))
        #expect(workflow.reasons == [])
        #expect(workflow.title == "T")
        #expect(workflow.manifest.outputs.map { [$0.name, $0.node] } == [["picture", "9"]])
        #expect(workflow.manifest.models.map { [$0.folder, $0.file, $0.url] } == [["loras", "x", "https://x"]])
        #expect(workflow.manifest.nodes.map { [$0.classType, $0.pack, $0.url] } == [["Y", "p", nil]])
        #expect(workflow.manifest.inject["faces"]?.map(\.element) == [0, 1])
        #expect(workflow.parameters["faces"]?.isImage == true)
        #expect(workflow.parameters.json["properties"]?["faces"]?["inject"] == nil)
    }

    @Test func `the version changes with each file and not with how they are split`() {
        let one = workflow(manifest: "{}").version
        #expect(one == workflow(manifest: "{}").version)
        #expect(one != workflow(manifest: "{} ").version)
        #expect(one != workflow(graph: sampleGraph + " ", manifest: "{}").version)
        #expect(workflow(graph: "a", manifest: "bc").version != workflow(graph: "ab", manifest: "c").version)
    }
}

import JSONText
import Testing
import Workflows

/// Models that a request names by file or by URL.
@Suite struct ModelReferenceTests {
    private let loader = workflow(
        manifest: manifest(
            properties: """
                "model":{"type":"string","format":"model","folder":"checkpoints","maxLength":2048,
                "inject":[{"node":"4","input":"ckpt_name"}]}
                """))

    @Test func `a URL is wanted in the folder of its parameter, a file name is not`() {
        #expect(loader.reasons == [])
        let url = "https://example.com/a.safetensors"
        #expect(
            loader.wantedModels(in: ["model": .string(url)]) == [
                WantedModel(parameter: "model", folder: "checkpoints", url: url)
            ])
        #expect(loader.wantedModels(in: ["model": "a.safetensors"]) == [])
        #expect(loader.wantedModels(in: [:]) == [])
    }

    @Test func `clients are told the format, and no folder`() throws {
        let summary = try WorkflowSummary(json: loader.summary.json)
        #expect(summary.parameters["model"]?.format == .model)
        #expect(!summary.json.text.contains("folder"))
    }

    @Test func `where nothing is fetched it takes file names alone`() {
        let without = loader.withoutModelURLs()
        #expect(without.version == loader.version)
        #expect(without.parameters["model"]?.json["format"] == "filename")
        let validator = ParameterValidator(randomSeed: { 1 })
        let fault = validator.validate(["model": "https://x/a"], against: without.parameters).faults.first
        #expect(fault?.msg == "Value error, a file name is wanted here, not a URL")
        #expect(validator.validate(["model": "a.safetensors"], against: without.parameters).faults == [])
    }

    @Test func `a fault repeats no query and no password`() {
        let validator = ParameterValidator(randomSeed: { 1 })
        for url in ["ftp://x/a?token=geheim", "ftp://me:geheim@x/a", "https://x/ ?geheim"] {
            let faults = validator.validate(["model": .string(url)], against: loader.parameters).faults
            #expect(faults.count == 1)
            #expect(!Fault.detail(faults).text.contains("geheim"))
        }
    }

    @Test func `the LoRA that ships with a workflow can be a URL by default`() throws {
        let given = workflow(
            manifest: manifest(
                properties: """
                    "model":{"type":"string","format":"model","folder":"checkpoints",
                    "default":"https://example.com/a.safetensors","inject":[{"node":"4","input":"ckpt_name"}]}
                    """))
        #expect(given.reasons == [])
        let nodes = try coreNodes()
        #expect(!given.findings(on: nodes).contains { $0.reason.contains("example.com") })
    }
}

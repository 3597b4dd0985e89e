import Foundation
import JSONText
import Testing
import Workflows

@testable import ComfySandbox

@Suite struct FolderTests {
    @Test func `a name cannot lead out of its folder`() throws {
        let files = FileStore(root: "/data")
        #expect(try files.directory(.output, subfolder: "a/../b") == "/data/output/b")
        for bad in ["..", "../input", "/etc", "a/../../x"] {
            #expect(throws: FileStore.Refusal.outside) { try files.directory(.output, subfolder: bad) }
        }
        #expect(FileStore.annotation("a b.png [temp]") == ("a b.png", .temp))
        #expect(FileStore.annotation("a [nosuch]") == ("a [nosuch]", nil))
    }

    @Test func `counters go on from the files that are there`() {
        #expect(
            FileStore.lastNumber(of: "a", among: ["a_00001_.png", "a_00012_.png", "ab_00099_.png", "a_x.png"]) == 12)
        #expect(FileStore.lastNumber(of: "a.b", among: []) == 0)
        let place = FileStore.Place(directory: "/o", subfolder: "", stem: "a", counter: 99_999)
        #expect([place.name(0), place.name(1)] == ["a_99999_.png", "a_100000_.png"])
    }

    @Test func `ranges as in RFC 9110`() {
        #expect(FileAnswer.range("bytes=0-9", of: 181) == 0..<10)
        #expect(FileAnswer.range("bytes=100-", of: 181) == 100..<181)
        #expect(FileAnswer.range("bytes=-5", of: 181) == 176..<181)
        #expect(FileAnswer.range("bytes=0-999", of: 181) == 0..<181)
        #expect(FileAnswer.range("bytes=181-", of: 181) == nil)
        #expect(FileAnswer.range("bytes=-0", of: 181) == nil)
        #expect(FileAnswer.range("lines=1-2", of: 181) == nil)
    }

    @Test func `workflows and manifests name classes and models`() {
        var names = WorkflowNames()
        names.add([
            "1": Graphs.node("FancyLoader", ["lora_name": "fancy.safetensors", "strength": 1]),
            "2": Graphs.node("FancySave", ["images": ["1", 2]]),
            "3": Graphs.node("UpscaleModelLoader", ["model_name": "8x.pth"]),
        ])
        names.add(["models": [["folder": "checkpoints", "name": "big.ckpt"], "vae/small.sft"], "title": "x.y"])
        #expect(names.classes["FancyLoader"] == WorkflowNames.Use(inputs: ["lora_name", "strength"], slots: 3))
        #expect(names.classes["FancySave"]?.isFed == false)
        #expect(
            names.models == [
                "loras": ["fancy.safetensors"], "upscale_models": ["8x.pth"], "checkpoints": ["big.ckpt"],
                "vae": ["small.sft"],
            ])
        let catalogue = NodeCatalogue(workflows: names)
        #expect(catalogue.lists.models["loras"] == ["fancy.safetensors", "random_lora.safetensors"])
        #expect(catalogue.objectInfo(of: "FancyLoader")["FancyLoader"]?["output"]?.array?.count == 3)
    }

    @Test func `models that lie in a folder are listed`() throws {
        let root = NSTemporaryDirectory() + "sandbox-models-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        for folder in ["loras", "nonsense"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
            for name in ["own.safetensors", "notes.txt"] {
                try Data([1]).write(to: URL(fileURLWithPath: "\(root)/\(folder)/\(name)"))
            }
        }
        var names = WorkflowNames()
        names.addModels(in: root)
        #expect(names.models == ["loras": ["own.safetensors"]])
    }

    @Test func `every workflow that ships is ready here`() throws {
        let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized
        let path = root.appendingPathComponent("workflows").path
        var names = WorkflowNames()
        for file in try FileManager.default.contentsOfDirectory(atPath: path) where file.hasSuffix(".json") {
            names.add(try JSON(parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(path)/\(file)")))))
        }
        let nodes = try NodeList(objectInfo: NodeCatalogue(workflows: names).objectInfo)
        let shipped = try WorkflowFolder.load(path) { "\($0.count)" }.workflows
        #expect(!shipped.isEmpty)
        for workflow in shipped { #expect(workflow.fitted(to: [nodes]).reasons == [], "\(workflow.name)") }
    }

    @Test func `the sandbox's own nodes are told as ComfyUI tells its`() throws {
        let nodes = try NodeList(objectInfo: NodeCatalogue().objectInfo)
        #expect(nodes.count == NodeCatalogue().core.count)
    }

    @Test func `settings are read and wrong ones named`() throws {
        let settings = try Settings(environment: [
            "SANDBOX_PORT": "0", "SANDBOX_PATH": "/tmp/x/", "SANDBOX_STEP_MS": "5", "WORKFLOWS_PATH": "w",
            "LOG_LEVEL": "DEBUG",
        ])
        #expect(settings.port == 0 && settings.path == "/tmp/x" && settings.stepMilliseconds == 5)
        #expect(settings.workflowsPath == "w" && settings.logLevel == .debug && settings.host == "127.0.0.1")
        for (name, value) in [("SANDBOX_PORT", "70000"), ("SANDBOX_STEP_MS", "x"), ("LOG_LEVEL", "loud")] {
            do {
                _ = try Settings(environment: [name: value])
                Issue.record("\(name)=\(value) was taken")
            } catch {
                #expect(error.message.contains(name) && error.message.contains(value))
            }
        }
    }
}

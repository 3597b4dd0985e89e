import Foundation
import HTTP
import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport
import Testing
import Workflows

@testable import GPUService

/// A model that a request names by URL, from a server of models to the graph that ComfyUI gets.
@Suite struct ModelByURLTests {
    init() { startLoop() }

    private static let graph = """
        {"1": {"class_type": "LoraLoader", "inputs": {"lora_name": "a.safetensors"}},
         "9": {"class_type": "Show", "inputs": {"value": ["1", 0]}}}
        """
    private static let manifest = """
        {"parameters": {"type": "object", "properties": {"lora": {"type": "string", "format": "model",
         "folder": "loras", "maxLength": 2048, "inject": [{"node": "1", "input": "lora_name"}]}}}}
        """

    /// What the server of models has, and how often it was asked.
    @LoopActor
    private final class Shelf {
        var asked: [String: Int] = [:]
        /// Lets `/slow` go on.
        let release = LoopEvent()
        /// `/slow` has begun to answer.
        let begun = LoopEvent()
        let whole = safetensors()

        func addRoutes(to router: Router) {
            let whole = whole
            router.on(.get, "/files/{name}") { [unowned self] request in
                asked[request.parameters["name"] ?? "", default: 0] += 1
                return Response(body: .bytes(whole))
            }
            router.on(.get, "/moved") { _ in Response(status: .found, headers: [.location: "/files/moved"]) }
            router.on(.get, "/round") { _ in Response(status: .found, headers: [.location: "/round"]) }
            router.on(.get, "/inwards") { _ in
                Response(status: .found, headers: [.location: "http://user:pass@127.0.0.1/"])
            }
            router.on(.get, "/page") { _ in Response.text(String(repeating: "<html>", count: 100)) }
            router.on(.get, "/cut") { _ in Response(body: .bytes(Array(whole.dropLast(3)))) }
            router.on(.get, "/busy") { _ in Response(status: .serviceUnavailable) }
            router.on(.get, "/long") { _ in Response(body: .bytes(safetensors(dataBytes: 2 << 20))) }
            router.on(.get, "/endless") { _ in
                Response(
                    body: .stream(length: nil) { writer in
                        try await writer.write(Array(whole.prefix(60)))
                        while true { try await writer.write([UInt8](repeating: 7, count: 65_536)) }
                    })
            }
            router.on(.get, "/slow") { [unowned self] _ in
                asked["slow", default: 0] += 1
                return Response(
                    body: .stream(length: whole.count) { [self] writer in
                        try await writer.write(Array(whole.prefix(20)))
                        begun.signal()
                        try await release.wait()
                        try await writer.write(Array(whole.dropFirst(20)))
                    })
            }
        }
    }

    @LoopActor
    private func withShelf(
        totalBytes: Int = 8 << 20, rules: OutsideURLRules = OutsideURLRules(allowPrivate: true), fetches: Bool = true,
        _ body: @LoopActor (RunningGPUService, ScriptedComfyUI, Shelf, String) async throws -> Void
    ) async throws {
        let shelf = Shelf()
        let comfyUI = try ScriptedComfyUI(nodes: nil)
        try await withServer {
            shelf.addRoutes(to: $0)
        } _: { server in
            try await withGPUService(
                comfyUIs: [comfyUI.url], workflows: ["w.json": Self.graph, "w.manifest.json": Self.manifest],
                models: fetches ? ModelStore.Limits(fileBytes: 1 << 20, totalBytes: totalBytes) : nil, modelURLs: rules
            ) { service in
                try await until { service.comfyUIs[0].isAvailable }
                try await body(service, comfyUI, shelf, "http://127.0.0.1:\(server.port)")
            }
        }
        await comfyUI.kill()
    }

    @LoopActor
    private func generate(_ service: RunningGPUService, _ lora: String) async throws -> RunningGPUService.Answer {
        try await service.call(.post, "/generate", ["workflow": "w", "params": ["lora": .string(lora)]])
    }

    @Test @LoopActor func `a URL is fetched once, and its file goes into the graph`() async throws {
        try await withShelf { service, comfyUI, shelf, base in
            for _ in 0..<3 {
                let answer = try await generate(service, base + "/files/a?token=1")
                #expect(answer.json["status"] == "done")
            }
            let name = ModelPlace(folder: "loras", url: base + "/files/a?token=1").name
            #expect(
                comfyUI.prompts.map { $0["1"]?["inputs"]?["lora_name"] } == Array(repeating: .string(name), count: 3))
            #expect(shelf.asked == ["a": 1])
            #expect(service.modelFiles == ["loras/" + name])
            #expect(FileManager.default.contents(atPath: "\(service.folder)/models/loras/\(name)") == Data(shelf.whole))
            // A redirect is followed, and a file name is left as it is.
            #expect(try await generate(service, base + "/moved").json["status"] == "done")
            #expect(try await generate(service, "own.safetensors").json["status"] == "done")
            #expect(comfyUI.prompts.last?["1"]?["inputs"]?["lora_name"] == "own.safetensors")
        }
    }

    @Test @LoopActor func `requests at once share one download`() async throws {
        try await withShelf { service, comfyUI, shelf, base in
            await withTaskGroup { group in
                for _ in 0..<3 {
                    group.addTask {
                        let answer = try? await self.generate(service, base + "/slow")
                        #expect(answer?.json["status"] == "done")
                    }
                }
                try? await shelf.begun.wait()
                shelf.release.signal()
            }
            #expect(shelf.asked["slow"] == 1)
            #expect(comfyUI.prompts.count == 3)
        }
    }

    @Test @LoopActor func `who cancels does not wait, and the last one ends the download`() async throws {
        try await withShelf { service, comfyUI, shelf, base in
            let body: JSON = [
                "workflow": "w", "params": ["lora": .string(base + "/slow")],
                "task_id": "5f0c1b8e-7a51-4a4e-9f5e-0d2f6a1c3b7d",
            ]
            let waiting = Task(executorPreference: EventLoop.shared) {
                try await service.call(.post, "/generate", body)
            }
            try await shelf.begun.wait()
            let answer = try await service.call(.delete, "/generate/5f0c1b8e-7a51-4a4e-9f5e-0d2f6a1c3b7d")
            #expect(answer.json["cancelled"] == true)
            #expect(try await waiting.value.json["error"] == "The generation was cancelled.")
            try await until { service.modelFiles.isEmpty }
            #expect(comfyUI.prompts.isEmpty)
            shelf.release.signal()
        }
    }

    @Test @LoopActor func `what is no model is told, and leaves nothing behind`() async throws {
        try await withShelf { service, comfyUI, _, base in
            for (path, reason) in [
                ("/none", "status 404"), ("/round", "redirects more than 5 times"), ("/inwards", "user name"),
                ("/page", "no safetensors file"), ("/cut", "by its header"), ("/busy", "status 503"),
                ("/long", "over the limit of 1 MB"), ("/endless", "over the limit of 1 MB"),
            ] {
                let answer = try await generate(service, base + path)
                #expect(answer.json["status"] == "failed")
                let message = answer.json["error"]?.string ?? ""
                #expect(message.hasPrefix("No model for lora: ") && message.contains(reason), "\(path): \(message)")
            }
            try await until { service.modelFiles.isEmpty }
            #expect(comfyUI.prompts.isEmpty)
        }
    }

    @Test @LoopActor func `beyond the limit the oldest file goes`() async throws {
        let size = safetensors().count
        try await withShelf(totalBytes: size * 2) { service, _, shelf, base in
            func name(_ file: String) -> String {
                "loras/" + ModelPlace(folder: "loras", url: "\(base)/files/\(file)").name
            }
            for file in ["a", "b", "c"] { _ = try await generate(service, "\(base)/files/\(file)") }
            try await until { service.modelFiles == [name("b"), name("c")].sorted() }
            _ = try await generate(service, "\(base)/files/a")
            try await until { service.modelFiles == [name("a"), name("c")].sorted() }
            #expect(shelf.asked == ["a": 2, "b": 1, "c": 1])
        }
    }

    @Test @LoopActor func `plain http and private addresses are faults before anything is asked`() async throws {
        try await withShelf(rules: OutsideURLRules()) { service, comfyUI, shelf, base in
            for url in [base + "/files/a?token=geheim", "https://127.0.0.1/a?token=geheim", "https://a:geheim@x.org/a"]
            {
                let answer = try await generate(service, url)
                #expect(answer.status == 422)
                #expect(answer.json["detail"]?[0]?["loc"] == ["body", "params", "lora"])
                #expect(!answer.json.text.contains("geheim"))
            }
            #expect(shelf.asked.isEmpty && comfyUI.prompts.isEmpty)
        }
    }

    @Test @LoopActor func `with no models folder a URL is a fault, and the catalogue says file names`() async throws {
        try await withShelf(fetches: false) { service, _, shelf, base in
            let schema = try await service.workflow("w")["parameters"]?["properties"]?["lora"]
            #expect(schema?["format"] == "filename")
            let answer = try await generate(service, base + "/files/a")
            #expect(answer.status == 422)
            #expect(answer.json["detail"]?[0]?["msg"] == "Value error, a file name is wanted here, not a URL")
            #expect(try await generate(service, "own.safetensors").json["status"] == "done")
            #expect(shelf.asked.isEmpty)
        }
    }
}

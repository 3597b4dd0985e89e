import Foundation
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing
import Workflows

@testable import GPUService

/// Whether a pod can run a workflow follows what its ComfyUIs have.
@Suite struct PodReadinessTests {
    init() { startLoop() }

    /// A checkpoint that no request can choose, a number that one can.
    static let graph = """
        {"1": {"class_type": "Load", "inputs": {"ckpt_name": "a.safetensors"}},
         "2": {"class_type": "Sample", "inputs": {"model": ["1", 0], "seed": 1, "steps": 4, "scheduler": "fast"}},
         "9": {"class_type": "Show", "inputs": {"value": ["2", 0]}}}
        """

    /// What a ComfyUI has: its models, and how many steps it allows.
    static func nodes(models: [JSON], steps: Int = 100) -> JSON {
        [
            "Load": ["input": ["required": ["ckpt_name": [.array(models), [:]]]], "output": ["MODEL"]],
            "Sample": [
                "input": [
                    "required": [
                        "model": ["MODEL"], "seed": ["INT", ["min": 0, "max": 9_000_000]],
                        "steps": ["INT", ["min": 1, "max": JSON(steps)]], "scheduler": [["fast", "slow"], [:]],
                    ]
                ], "output": ["LATENT"],
            ],
            "Show": ["input": ["required": ["value": ["LATENT"]]], "output": [], "output_node": true],
        ]
    }

    static let missing =
        "The model a.safetensors, ckpt_name of node 1 (Load), is missing: put it into ComfyUI's models/checkpoints"

    @Test @LoopActor func `what ComfyUI has comes into the catalogue and its tag, not into the version`() async throws {
        let comfyUI = try ScriptedComfyUI(nodes: Self.nodes(models: ["a.safetensors"]))
        try await withGPUService(comfyUIs: [comfyUI.url], workflows: ["w.json": Self.graph]) { service in
            let before = try await service.call(.get, "/workflows")
            try await until { service.comfyUIs[0].nodes != nil }
            try await until { service.library["w"]?.parameters["steps"]?.maximum == 100 }
            let after = try await service.call(.get, "/workflows", headers: [.ifNoneMatch: before.headers[.eTag] ?? ""])
            #expect(after.status == 200, "the tag follows")
            let workflow = try await service.workflow("w")
            #expect(workflow["ready"] == true)
            #expect(workflow["version"] == before.json["workflows"]?[0]?["version"])
            #expect(workflow["parameters"]?["properties"]?["scheduler"]?["enum"] == ["fast", "slow"])
            let same = try await service.call(.get, "/workflows", headers: [.ifNoneMatch: after.headers[.eTag] ?? ""])
            #expect(same.status == 304)
        }
        await comfyUI.kill()
    }

    @Test @LoopActor func `a request is held to the same parameters, and a graph runs with them`() async throws {
        let comfyUI = try ScriptedComfyUI(nodes: Self.nodes(models: ["a.safetensors"], steps: 10))
        try await withGPUService(comfyUIs: [comfyUI.url], workflows: ["w.json": Self.graph]) { service in
            try await until { service.library["w"]?.parameters["steps"]?.maximum == 10 }
            let tooMany = try await service.call(
                .post, "/generate", ["workflow": "w", "params": ["steps": 11, "scheduler": "none"]])
            #expect(tooMany.status == 422)
            let types = tooMany.json["detail"]?.array?.compactMap { $0["type"]?.string } ?? []
            #expect(Set(types) == ["less_than_equal", "enum"])
            let fine = try await service.call(
                .post, "/generate", ["workflow": "w", "params": ["steps": 9, "seed": 77]])
            #expect(fine.json["status"] == "done")
            #expect(comfyUI.prompts.count == 1)
            #expect(comfyUI.prompts.first?["2"]?["inputs"]?["steps"] == 9)
            #expect(comfyUI.prompts.first?["2"]?["inputs"]?["seed"] == 77)
        }
        await comfyUI.kill()
    }

    @Test @LoopActor func `a missing model is told before anybody waits`() async throws {
        let comfyUI = try ScriptedComfyUI(nodes: Self.nodes(models: ["b.safetensors"]))
        try await withGPUService(comfyUIs: [comfyUI.url], workflows: ["w.json": Self.graph]) { service in
            try await until { service.library["w"]?.isReady == false }
            let workflow = try await service.workflow("w")
            #expect(workflow["ready"] == false)
            #expect(workflow["reasons"] == [.string(Self.missing)])
            let refused = try await service.call(.post, "/generate", ["workflow": "w", "params": [:]])
            #expect(refused.status == 503)
            #expect(refused.json["detail"]?.string?.contains(Self.missing) == true)
            #expect(comfyUI.prompts.isEmpty)
        }
        await comfyUI.kill()
    }

    @Test @LoopActor func `a prompt goes only where its model is`() async throws {
        let without = try ScriptedComfyUI(nodes: Self.nodes(models: []))
        let with = try ScriptedComfyUI(nodes: Self.nodes(models: ["a.safetensors"]))
        try await withGPUService(comfyUIs: [without.url, with.url], workflows: ["w.json": Self.graph]) { service in
            try await until { service.comfyUIs.allSatisfy { $0.nodes != nil && $0.isAvailable } }
            try await until { service.library["w"]?.parameters["steps"]?.maximum == 100 }
            #expect(try await service.workflow("w")["ready"] == true)
            for number in 0..<3 {
                let answer = try await service.call(
                    .post, "/generate", ["workflow": "w", "params": ["seed": JSON(number)]])
                #expect(answer.json["status"] == "done")
            }
            #expect(without.prompts.isEmpty)
            #expect(with.prompts.count == 3)
            await with.kill()
            try await until { service.library["w"]?.isReady == false }
        }
        await without.kill()
    }

    @Test @LoopActor func `nodes are read again after a restart and kept while ComfyUI is away`() async throws {
        let first = try ScriptedComfyUI(nodes: Self.nodes(models: []))
        let port = first.port
        try await withGPUService(comfyUIs: [first.url], workflows: ["w.json": Self.graph]) { service in
            try await until { service.library["w"]?.isReady == false }
            await first.kill()
            try await until { !service.comfyUIs[0].isAvailable }
            #expect(try await service.workflow("w")["ready"] == false, "what was known last counts")
            let second = try ScriptedComfyUI(nodes: Self.nodes(models: ["a.safetensors"]), port: port)
            try await until { service.library["w"]?.isReady == true }
            #expect(second.nodeReads == 1)
            await second.kill()
        }
    }

    @Test @LoopActor func `nodes that cannot be read leave every workflow ready`() async throws {
        let comfyUI = try ScriptedComfyUI(nodes: nil)
        try await withGPUService(comfyUIs: [comfyUI.url], workflows: ["w.json": Self.graph]) { service in
            try await until { comfyUI.nodeReads > 0 }
            #expect(try await service.workflow("w")["ready"] == true)
        }
        await comfyUI.kill()
    }

    @Test @LoopActor func `a file added is an endpoint within a second, held against the nodes too`() async throws {
        let comfyUI = try ScriptedComfyUI(nodes: Self.nodes(models: ["a.safetensors"]))
        try await withGPUService(comfyUIs: [comfyUI.url], workflows: [:]) { service in
            try await until { service.comfyUIs[0].nodes != nil }
            try service.write("late.json", Self.graph)
            try await until { service.library["late"] != nil }
            #expect(service.library["late"]?.parameters["steps"]?.maximum == 100)
            try service.write("late.json", #"{"nodes": [], "links": []}"#)
            try await until { service.library["late"]?.isReady == false }
            #expect(try await service.workflow("late")["reasons"]?[0]?.string?.contains("Export (API)") == true)
        }
        await comfyUI.kill()
    }
}

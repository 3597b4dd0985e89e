import GRDB
import HTTP
import HTTPTypes
import JSONText
import Loop
import ProviderEmulators
import TestSupport
import Testing

@testable import BackendAPI

/// The backend with a GPU service and the three emulated providers behind it.
@LoopActor
final class ProductBench {
    let pod: ScriptedGPUService
    let fal: FalEmulator
    let replicate: ReplicateEmulator
    let huggingFace: HuggingFaceEmulator
    let folder: TemporaryFolder
    private(set) var backend: RunningBackend
    private let settings: [String: String]

    init(_ more: [String: String]) async throws {
        (fal, replicate) = (try FalEmulator(), try ReplicateEmulator())
        huggingFace = try HuggingFaceEmulator()
        folder = try TemporaryFolder()
        pod = try ScriptedGPUService()
        pod.catalogue = Samples.productCatalogue
        let hub = huggingFace.core.publicURL
        settings = [
            "FAL_API_KEY": "id:secret", "REPLICATE_API_TOKEN": "r8_test", "HUGGINGFACE_TOKEN": "hf_test",
            "FAL_BASE_URL": fal.core.publicURL, "REPLICATE_BASE_URL": replicate.core.publicURL,
            "HUGGINGFACE_BASE_URL": hub, "HUGGINGFACE_SPACES_URL": "\(hub)/spaces/{owner}/{name}",
        ].merging(more) { $1 }
        backend = try await RunningBackend(folder: folder.path, pods: [pod.url], settings: settings)
        try await backend.untilHealthy()
    }

    /// As a death and a new start.
    ///
    /// - Parameter between: what happens to the data folder while no process has it.
    func restart(between: (String) throws -> Void = { _ in }) async throws {
        await backend.stop(grace: .zero)
        try between(folder.path)
        backend = try await RunningBackend(folder: folder.path, pods: [pod.url], settings: settings)
        try await backend.untilHealthy()
    }

    /// Changes the database of a data folder that no process has.
    nonisolated static func edit(_ data: String, _ sql: String) throws {
        try DatabaseQueue(path: data + "/easel.db").write { try $0.execute(sql: sql) }
    }

    func stop() async {
        await backend.stop(grace: .zero)
        await pod.kill()
        for core in [fal.core, replicate.core, huggingFace.core] { await core.stop() }
    }
}

@LoopActor
func withProducts(
    _ settings: [String: String] = [:], _ body: @LoopActor (ProductBench) async throws -> Void
) async throws {
    startLoop()
    let bench = try await ProductBench(settings)
    do { try await body(bench) } catch {
        await bench.stop()
        throw error
    }
    await bench.stop()
}

extension Samples {
    /// The workflows of the products, as far as the backend sees them.
    static var productCatalogue: JSON {
        let image: JSON = ["type": "string", "format": "image"]
        func schema(_ properties: JSON, _ required: JSON) -> JSON {
            ["type": "object", "properties": properties, "required": required, "additionalProperties": false]
        }
        let text: JSON = ["type": "string"]
        let seed: JSON = ["type": "integer", "minimum": 0, "maximum": .unsigned(.max)]
        let portrait = schema(
            [
                "face_images": ["type": "array", "items": image, "minItems": 1, "maxItems": 5], "prompt": text,
                "negative_prompt": text, "fidelity_weight": ["type": "number"], "steps": ["type": "integer"],
                "guidance": ["type": "number"], "seed": seed,
            ], ["face_images", "prompt"])
        return [
            "workflows": [
                workflow("hd_image", "1", schema(["image": image, "scale": ["type": "integer"]], ["image"])),
                workflow(
                    "fix_old_photo", "1", schema(["image": image, "version": text], ["image"]),
                    reasons: ["The node ReActor is missing."]),
                workflow("free_generation", "1", schema(["prompt": text, "seed": seed], ["prompt"])),
                workflow("identity_speed", "1", portrait), workflow("identity_quality", "1", portrait),
                workflow(
                    "harmonize", "1",
                    schema(
                        ["image": image, "prompt": text, "denoise": ["type": "number"], "seed": seed],
                        ["image", "prompt"])),
            ],
            "styles": [], "capacity": 3,
        ]
    }
}

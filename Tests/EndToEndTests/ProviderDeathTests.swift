import Foundation
import HTTPTypes
import JSONText
import Loop
import Outbound
import ProviderEmulators
import TestSupport
import Testing

/// The real backend, killed while a provider that costs money works for it.
@Suite struct ProviderDeathTests {
    init() { startLoop() }

    /// Kills the backend once the provider has taken a request, starts it again, and has the provider go on.
    @LoopActor private func killed(
        _ core: EmulatorCore, in easel: Installation, while fault: ProviderFault, _ path: String, _ body: JSON,
        _ after: @LoopActor (JSON) async throws -> Void
    ) async throws {
        core.plan.set(fault, times: 1_000_000)
        easel.environment["MAX_WAIT"] = "0"
        #expect(try await easel.startup().status == 0)
        try await easel.untilHealthy()
        let answer = try await easel.call(.post, path, body)
        #expect(answer.status == 202, "\(answer.text)")
        let id = try #require(answer.json["task_id"]?.string)
        try await until("the provider has taken it") {
            core.taken == 1 && (core.reads > 0 || fault == .hangAtSubmit)
        }
        try await easel.signal(SIGKILL, "backend")
        core.plan.clear()
        #expect(try await easel.startup().status == 0)
        try await after(try await easel.end(of: id))
        let spool = try FileManager.default.contentsOfDirectory(atPath: easel.workspace + "/data/spool")
        #expect(spool.isEmpty)
        await easel.remove()
        await core.stop()
    }

    private static func enlarging() throws -> JSON { ["image": .string(try photo().base64), "scale": 2] }

    @Test(arguments: [ProviderFault.neverEnds, .hangAtStatus, .hangAtResult])
    @LoopActor func `a request at Replicate is followed to its end, and paid once`(_ fault: ProviderFault) async throws
    {
        let emulator = try ReplicateEmulator()
        defer { withExtendedLifetime(emulator) {} }
        let core = emulator.core
        let easel = try Installation()
        easel.environment = [
            "PROVIDERS_HD_IMAGE": "replicate,huggingface", "REPLICATE_API_TOKEN": "r8_test",
            "REPLICATE_BASE_URL": core.publicURL,
        ]
        try await killed(core, in: easel, while: fault, "/api/ai/hd-image", try Self.enlarging()) { task in
            #expect(task["status"] == "done", "\(task)")
            #expect(task["source"] == "replicate")
            #expect(core.taken == 1 && core.paid == 1)
        }
    }

    @Test(arguments: [ProviderFault.neverEnds, .hangAtStatus, .hangAtResult])
    @LoopActor func `a request at fal is followed to its end, and paid once`(_ fault: ProviderFault) async throws {
        let emulator = try FalEmulator()
        defer { withExtendedLifetime(emulator) {} }
        let core = emulator.core
        let easel = try Installation()
        easel.environment = [
            "PROVIDERS_TEXT_TO_IMAGE": "fal", "FAL_API_KEY": "id:secret", "FAL_BASE_URL": core.publicURL,
        ]
        try await killed(core, in: easel, while: fault, "/api/huggingface/text-to-image", ["prompt": "a cat"]) { task in
            #expect(task["status"] == "done", "\(task)")
            #expect(task["source"] == "fal")
            #expect(core.taken == 1 && core.paid == 1)
        }
    }

    /// It died before it was told the request's id.
    @Test @LoopActor func `a request that it was never told of is not paid a second time`() async throws {
        let emulators = (try ReplicateEmulator(), try HuggingFaceEmulator())
        defer { withExtendedLifetime(emulators) {} }
        let (replicate, hub) = (emulators.0.core, emulators.1.core)
        let easel = try Installation()
        easel.environment = [
            "PROVIDERS_HD_IMAGE": "replicate,huggingface", "REPLICATE_API_TOKEN": "r8_test",
            "REPLICATE_BASE_URL": replicate.publicURL,
            "HUGGINGFACE_TOKEN": "hf_test", "HUGGINGFACE_BASE_URL": hub.publicURL,
            "HUGGINGFACE_SPACES_URL": "\(hub.publicURL)/spaces/{owner}/{name}",
        ]
        try await killed(replicate, in: easel, while: .hangAtSubmit, "/api/ai/hd-image", try Self.enlarging()) { task in
            #expect(["done", "failed"].contains(task["status"]?.string), "\(task)")
            #expect(replicate.taken == 1)
            #expect(hub.paid == 0)
        }
        await hub.stop()
    }
}

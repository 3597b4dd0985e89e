import JSONText
import Logging
import Loop
import Operations
import Outbound
import ProviderEmulators
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct ProviderRoomTests {
    init() { startLoop() }

    /// What was logged, a line each.
    private final class Log: Sendable {
        private let kept = Lock<[String]>([])
        var lines: [String] { kept.withLock { $0 } }

        var logger: Logger {
            let settings = LogSettings(reading: SettingsReader(environment: [:]))
            return Logger(label: "test") { label in
                LineLogHandler(label: label, settings: settings) { line in
                    self.kept.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
                }
            }
        }
    }

    @LoopActor
    private func room(_ environment: [String: String], _ log: Log, _ http: HTTPClient, _ folder: String) throws
        -> ProviderRoom
    {
        let reader = SettingsReader(environment: environment)
        let settings = ProviderSettings(reading: reader)
        try reader.finish()
        return ProviderRoom(settings, http: http, spool: folder, others: [FreeProvider()], logger: log.logger)
    }

    @LoopActor
    @Test func `a provider without a token that a route would ask is named once in the log`() async throws {
        let (log, http, folder) = (Log(), HTTPClient(), try TemporaryFolder())
        let room = try room(["HUGGINGFACE_TOKEN": "hf_x"], log, http, folder.path)
        #expect(room.providers.map(\.name) == [.comfyui, .fal, .replicate, .huggingface])
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.contains("replicate") == true)
        let job = ProviderJob(id: "j", kind: .hdImage)
        let answer = try await room.runner.run(job, order: room.order(of: .hdImage), within: .seconds(60))
        #expect(answer.source == .comfyui)
        _ = try await room.runner.run(job, order: room.order(of: .hdImage), within: .seconds(60))
        #expect(log.lines.count == 1)
        http.close()
    }

    @LoopActor
    @Test func `a failed request is logged without prompt, key or the provider's words`() async throws {
        let (log, http, folder) = (Log(), HTTPClient(), try TemporaryFolder())
        let fal = try FalEmulator()
        fal.core.plan.set(.noCredit)
        let room = try room(
            ["FAL_KEY": "topsecret", "FAL_BASE_URL": fal.core.publicURL], log, http, folder.path)
        let job = ProviderJob(id: "j-17", kind: .textToImage, parameters: ["prompt": "my own words"])
        let answer = try await room.runner.run(job, order: [.fal], within: .seconds(60))
        #expect(answer.failure?.kind == .exhausted)
        #expect(answer.attempts.first?.error == "exhausted: You have insufficient credit.")
        let told = log.lines.joined()
        #expect(told.contains("j-17"))
        #expect(told.contains("fal: exhausted"))
        for word in ["topsecret", "my own words", "insufficient"] { #expect(!told.contains(word)) }
        await fal.core.stop()
        http.close()
    }
}

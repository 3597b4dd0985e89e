import JSONText
import Logging
import Loop
import Operations
import Outbound
import ProviderEmulators
import TestSupport
import Testing

@testable import BackendAPI

/// What the conformance suite is run against: a provider's way of working, with the emulator behind it.
enum ProviderCase: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case fal, replicate, router, space

    var testDescription: String { rawValue }

    var name: ProviderName {
        switch self {
        case .fal: .fal
        case .replicate: .replicate
        case .router, .space: .huggingface
        }
    }

    func job() throws -> ProviderJob {
        let picture = ProviderJob.Picture(bytes: try Samples.png(), mime: "image/png")
        let words: JSONObject = ["prompt": "a cat", "seed": .unsigned(.max)]
        return switch self {
        case .fal: ProviderJob(id: "j1", kind: .identityPortrait(.speed), parameters: words, pictures: [picture])
        case .replicate:
            ProviderJob(id: "j1", kind: .fixOldPhoto, parameters: ["version": "v1.3"], pictures: [picture])
        case .router: ProviderJob(id: "j1", kind: .textToImage, parameters: words)
        case .space: ProviderJob(id: "j1", kind: .hdImage, parameters: ["scale": 4], pictures: [picture])
        }
    }
}

/// The three emulators, a spool folder, and providers over them, made anew as often as a test likes.
@LoopActor
final class ProviderBench {
    let fal: FalEmulator
    let replicate: ReplicateEmulator
    let huggingFace: HuggingFaceEmulator
    let folder: TemporaryFolder
    let http = HTTPClient()
    private let settings: ProviderSettings
    private let pace: ProviderPace

    /// - Parameter callTimeout: a minute, but for tests of a provider that does not answer.
    init(_ more: [String: String] = [:], callTimeout: Duration = .seconds(60), faults: Int = 4) throws {
        fal = try FalEmulator()
        replicate = try ReplicateEmulator()
        huggingFace = try HuggingFaceEmulator()
        folder = try TemporaryFolder()
        pace = ProviderPace(
            firstPause: .milliseconds(1), factor: 1.5, longestPause: .milliseconds(10), callTimeout: callTimeout,
            downloadTimeout: callTimeout, faults: faults)
        let hub = huggingFace.core.publicURL
        var environment = [
            "FAL_API_KEY": "id:secret", "REPLICATE_API_TOKEN": "r8_test", "HUGGINGFACE_TOKEN": "hf_test",
            "FAL_BASE_URL": fal.core.publicURL, "REPLICATE_BASE_URL": replicate.core.publicURL,
            "HUGGINGFACE_BASE_URL": hub, "HUGGINGFACE_SPACES_URL": "\(hub)/spaces/{owner}/{name}",
            "MAX_PROVIDER_RESULT_MB": "2",
        ]
        environment.merge(more) { $1 }
        let reader = SettingsReader(environment: environment)
        settings = ProviderSettings(reading: reader)
        try reader.finish()
    }

    func core(of name: ProviderName) -> EmulatorCore {
        switch name {
        case .fal: fal.core
        case .replicate: replicate.core
        default: huggingFace.core
        }
    }

    var cores: [EmulatorCore] { [fal.core, replicate.core, huggingFace.core] }

    /// Nothing of it is shared with another one, as after a restart.
    func provider(_ name: ProviderName) -> any Provider {
        let maker = ProviderMaker(settings: settings, http: http, spool: folder.path, pace: pace)
        return switch name {
        case .fal: maker.fal
        case .replicate: maker.replicate
        default: maker.huggingFace
        }
    }

    func runner(_ rules: Chain.Rules? = nil, breakers: BreakerBoard? = nil, others: [any Provider] = []) -> ChainRunner
    {
        var usual = Chain.Rules()
        usual.firstPause = .milliseconds(1)
        return ChainRunner(
            others + [.fal, .replicate, .huggingface].map(provider), breakers: breakers ?? BreakerBoard(),
            rules: rules ?? usual, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A request from its beginning to its end, with no chain around it.
    func run(_ provider: any Provider, _ job: ProviderJob, within limit: Duration) async throws -> ProviderOutcome {
        let draft = try await provider.prepare(job, within: limit)
        let taken = try await provider.submit(job, draft, within: limit)
        if let outcome = taken.outcome { return outcome }
        return try await provider.follow(taken.ticket, within: limit) { _ in }
    }

    func stop() async {
        for core in cores { await core.stop() }
        http.close()
    }
}

/// So many benches at a time: all tests of this process share one loop and its four threads.
@LoopActor
private final class Turns {
    static let shared = Turns()
    private var free = 6
    private var waiting: [LoopEvent] = []

    func take() async throws {
        guard free == 0 else { return free -= 1 }
        let turn = LoopEvent()
        waiting.append(turn)
        try await turn.wait()
    }

    func give() { if waiting.isEmpty { free += 1 } else { waiting.removeFirst().signal() } }
}

@LoopActor
func withProviders(
    _ more: [String: String] = [:], callTimeout: Duration = .seconds(60), faults: Int = 4,
    _ body: @LoopActor (ProviderBench) async throws -> Void
) async throws {
    startLoop()
    try await Turns.shared.take()
    defer { Turns.shared.give() }
    let bench = try ProviderBench(more, callTimeout: callTimeout, faults: faults)
    do { try await body(bench) } catch {
        await bench.stop()
        throw error
    }
    await bench.stop()
}

extension ProviderOutcome {
    var pictureCount: Int { if case .pictures(let files, _) = self { files.count } else { 0 } }
    var seed: UInt64? { if case .pictures(_, let seed) = self { seed } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
}

/// Our own GPU service, as far as a chain sees it: it costs nothing.
struct FreeProvider: Provider {
    let name = ProviderName.comfyui
    let isConfigured = true

    func can(_ job: ProviderJob) -> ProviderCapability { .yes() }
    func price(_ job: ProviderJob) -> Double { 0 }
    func prepare(_ job: ProviderJob, within limit: Duration) async throws -> ProviderTicket {
        ProviderTicket(provider: .comfyui, kind: job.kind, model: "free_generation")
    }
    func submit(
        _ job: ProviderJob, _ draft: ProviderTicket, within limit: Duration
    ) async throws -> ProviderSubmission {
        var ticket = draft
        ticket.requestID = "task-1"
        return ProviderSubmission(ticket: ticket)
    }
    func follow(
        _ ticket: ProviderTicket, within limit: Duration, onProgress: @escaping ProviderWatch
    ) async throws -> ProviderOutcome { .stored(["a.png"]) }
    func locate(_ draft: ProviderTicket, within limit: Duration) async throws -> ProviderLocation { .absent }
    func cancel(_ ticket: ProviderTicket, within limit: Duration) async -> Bool { true }
}

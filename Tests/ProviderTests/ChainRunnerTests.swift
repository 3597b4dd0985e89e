import JSONText
import Loop
import ProviderEmulators
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct ChainRunnerTests {
    init() { startLoop() }

    private static let job = ProviderJob(id: "j", kind: .textToImage, parameters: ["prompt": "a cat"])

    struct Trouble: Sendable, CustomTestStringConvertible {
        let first: ProviderName
        let fault: ProviderFault
        var testDescription: String { "\(first.rawValue): \(fault.rawValue)" }
    }

    static let troubles: [Trouble] = [ProviderName.fal, .replicate, .huggingface].flatMap { name in
        ProviderFault.allCases.map { Trouble(first: name, fault: $0) }
    }

    @Test(arguments: troubles)
    func `whatever the first provider does for good, one provider at most is paid and no file is left`(
        _ trouble: Trouble
    ) async throws {
        try await withProviders(callTimeout: .seconds(1), faults: 2) { bench in
            bench.core(of: trouble.first).plan.set(trouble.fault, times: 1000)
            let others = [ProviderName.fal, .replicate, .huggingface].filter { $0 != trouble.first }
            let answer = try await bench.runner().run(
                Self.job, order: [trouble.first] + others, within: .seconds(20))
            #expect(bench.cores.reduce(0) { $0 + $1.paid } <= 1)
            #expect((answer.outcome == nil) == (answer.source == nil))
            #expect((answer.outcome == nil) == (answer.failure != nil))
            if answer.outcome == nil || answer.source != trouble.first {
                #expect(answer.attempts.first?.source == trouble.first)
                #expect(answer.attempts.allSatisfy { !$0.error.isEmpty })
            }
            #expect(bench.folder.files().count == answer.outcome?.pictureCount ?? 0)
        }
    }

    @Test func `a failure that may pass is tried once more, and then the next provider serves`() async throws {
        try await withProviders { bench in
            bench.fal.core.plan.set(.failed, times: 2)
            let answer = try await bench.runner().run(Self.job, order: [.fal, .replicate], within: .seconds(60))
            #expect(answer.source == .replicate)
            #expect(bench.fal.core.taken == 2)
            #expect(answer.attempts.map(\.source) == [.fal])
            #expect(answer.attempts.first?.error.hasPrefix("transient") == true)
            #expect(answer.cost == 0.003)
        }
    }

    @Test(arguments: [ProviderFault.resetAtSubmit, .wrongJSONAtSubmit, .wrongJSONAtStatus, .resetAtResult])
    func `fal's request is looked up where its outcome is not known, and not sent again`(
        _ fault: ProviderFault
    ) async throws {
        try await withProviders(faults: 1) { bench in
            bench.fal.core.plan.set(fault)
            let answer = try await bench.runner().run(Self.job, order: [.fal, .replicate], within: .seconds(60))
            #expect(answer.source == .fal)
            #expect(answer.attempts.isEmpty)
            #expect(bench.fal.core.taken == 1)
            #expect(bench.cores.reduce(0) { $0 + $1.paid } == 1)
        }
    }

    @Test(arguments: [ProviderFault.droppedSubmit, .resetAtSubmit, .wrongJSONAtSubmit, .unavailable])
    func `a prediction is looked for in the list where its outcome is not known`(_ fault: ProviderFault) async throws {
        try await withProviders { bench in
            bench.replicate.core.plan.set(fault)
            let answer = try await bench.runner(others: [FreeProvider()]).run(
                try ProviderCase.replicate.job(), order: [.replicate, .comfyui], within: .seconds(60))
            #expect(answer.source == .replicate)
            #expect(bench.replicate.core.taken == 1)
            #expect(bench.replicate.core.paid == 1)
        }
    }

    @Test func `a wrong input is not tried elsewhere`() async throws {
        try await withProviders { bench in
            bench.fal.core.plan.set(.refusedInput)
            let answer = try await bench.runner().run(Self.job, order: [.fal, .replicate], within: .seconds(60))
            #expect(answer.failure?.kind == .badInput)
            #expect(bench.replicate.core.taken == 0)
        }
    }

    @Test func `a request that may have been paid is followed by our own GPU service alone`() async throws {
        try await withProviders { bench in
            bench.fal.core.plan.set(.droppedSubmit)
            let answer = try await bench.runner(others: [FreeProvider()]).run(
                Self.job, order: [.fal, .replicate, .comfyui], within: .seconds(60))
            #expect(answer.source == .comfyui)
            #expect(bench.replicate.core.taken == 0)
            #expect(answer.attempts.map(\.source) == [.fal, .replicate])
            #expect(answer.attempts.last?.seconds == 0)
        }
    }

    @Test func `those without a token or a model are skipped and said so`() async throws {
        try await withProviders(["FAL_API_KEY": ""]) { bench in
            var job = Self.job
            job.kind = .fluxLora
            let none = try await bench.runner().run(job, order: [.fal, .replicate], within: .seconds(60))
            #expect(none.attempts.map(\.error) == ["not configured", "not possible with this provider"])
            let answer = try await bench.runner(others: [FreeProvider()]).run(
                Self.job, order: [.comfyui, .fal, .huggingface], within: .seconds(60), notReady: [.comfyui])
            #expect(answer.source == .huggingface)
            #expect(answer.attempts.map(\.error) == ["not ready", "not configured"])
            #expect(answer.attempts.allSatisfy { $0.seconds == 0 })
        }
    }

    @Test func `a provider that keeps failing is left alone`() async throws {
        try await withProviders { bench in
            let breakers = BreakerBoard(.init(failures: 2))
            bench.fal.core.plan.set(.unavailable, times: 1000)
            for _ in 0..<2 {
                _ = try await bench.runner(breakers: breakers).run(Self.job, order: [.fal], within: .seconds(60))
            }
            #expect(breakers.states[.fal] == "open")
            let answer = try await bench.runner(breakers: breakers).run(
                Self.job, order: [.fal, .replicate], within: .seconds(60))
            #expect(answer.source == .replicate)
            #expect(answer.attempts == [ChainAttempt(.fal, "circuit open")])
        }
    }

    @Test func `what the provider cannot honour is told`() async throws {
        try await withProviders { bench in
            var job = Self.job
            job.parameters = ["prompt": "x", "negative_prompt": "dog", "width": 512, "steps": 50]
            let answer = try await bench.runner().run(job, order: [.replicate], within: .seconds(60))
            #expect(
                answer.warnings == [
                    "replicate cannot honour negative_prompt", "replicate cannot honour width",
                    "replicate limits steps to 4",
                ])
        }
    }

    // MARK: Another process

    /// Stops a run as a kill does: right after a record was written.
    private struct Killed: Error {}

    @LoopActor
    private func record(
        of job: ProviderJob, _ order: [ProviderName], _ bench: ProviderBench,
        killedWhen: @escaping @Sendable (ChainRecord) -> Bool
    ) async throws -> ChainRecord {
        let last = Lock(ChainRecord())
        let watch = ChainRunner.Watch(onRecord: { record in
            last.withLock { $0 = record }
            if killedWhen(record) { throw Killed() }
        })
        await #expect(throws: Killed.self) {
            _ = try await bench.runner().run(job, order: order, within: .seconds(60), watch: watch)
        }
        let written = last.withLock { $0.json.text }
        return try #require(ChainRecord(json: try JSON(parsing: written)))
    }

    @Test(arguments: [ProviderCase.fal, .replicate, .space])
    func `killed between submit and result, the same request is followed after the restart`(
        _ which: ProviderCase
    ) async throws {
        try await withProviders { bench in
            let job = try which.job()
            let record = try await record(of: job, [which.name], bench) { $0.ticket?.isDraft == false }
            #expect(bench.core(of: which.name).taken == 1)
            let answer = try await bench.runner().run(
                job, order: [which.name], within: .seconds(60), resuming: record)
            #expect(answer.source == which.name)
            #expect(bench.core(of: which.name).taken == 1)
            #expect(bench.core(of: which.name).paid == 1)
        }
    }

    @Test func `killed before the submit, a prediction that was never made is made`() async throws {
        try await withProviders { bench in
            let job = try ProviderCase.replicate.job()
            let record = try await record(of: job, [.replicate], bench) { $0.ticket?.isDraft == true }
            #expect(bench.replicate.core.taken == 0)
            let answer = try await bench.runner().run(
                job, order: [.replicate], within: .seconds(60), resuming: record)
            #expect(answer.source == .replicate)
            #expect(bench.replicate.core.taken == 1)
        }
    }

    @Test func `killed while the submit was under way, a prediction that was made is found`() async throws {
        try await withProviders { bench in
            let job = try ProviderCase.replicate.job()
            let record = try await record(of: job, [.replicate], bench) { $0.ticket?.isDraft == true }
            let draft = try #require(record.ticket)
            _ = try await bench.provider(.replicate).submit(job, draft, within: .seconds(60))
            let answer = try await bench.runner().run(
                job, order: [.replicate], within: .seconds(60), resuming: record)
            #expect(answer.source == .replicate)
            #expect(bench.replicate.core.taken == 1)
            #expect(bench.replicate.core.paid == 1)
        }
    }

    @Test func `a record is written before anything is sent, and again before it is followed`() async throws {
        try await withProviders { bench in
            let seen = Lock<[Bool]>([])
            let watch = ChainRunner.Watch(onRecord: { record in
                seen.withLock { $0.append(record.ticket?.isDraft ?? false) }
            })
            _ = try await bench.runner().run(Self.job, order: [.fal], within: .seconds(60), watch: watch)
            #expect(seen.withLock { $0 } == [true, false])
        }
    }
}

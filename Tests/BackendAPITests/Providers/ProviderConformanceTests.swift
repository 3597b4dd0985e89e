import JSONText
import Loop
import ProviderEmulators
import TestSupport
import Testing

@testable import BackendAPI

/// What every provider does, whoever it is. A case that a provider cannot get into is left out of its rows.
@Suite struct ProviderConformanceTests {
    init() { startLoop() }

    enum End: Sendable, Equatable {
        case success
        case failure(ProviderFailure.Kind)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let provider: ProviderCase
        let fault: ProviderFault
        var times = 1
        let end: End
        var testDescription: String { "\(provider.rawValue): \(fault.rawValue) × \(times)" }

        init(_ provider: ProviderCase, _ fault: ProviderFault, times: Int = 1, _ end: End) {
            (self.provider, self.fault, self.times, self.end) = (provider, fault, times, end)
        }
    }

    @Test(arguments: ProviderCase.allCases)
    func `a request is served, paid once, and leaves no file when its result is let go`(
        _ which: ProviderCase
    ) async throws {
        try await withProviders { bench in
            let provider = bench.provider(which.name)
            let job = try which.job()
            var outcome: ProviderOutcome? = try await bench.run(provider, job, within: .seconds(60))
            #expect(outcome?.pictureCount == 1)
            #expect(bench.folder.files().count == 1)
            if case .pictures(let files, _) = outcome { #expect(files.first?.mime == "image/png") }
            let core = bench.core(of: which.name)
            #expect(core.taken == 1)
            #expect(core.paid == 1)
            #expect(core.lastAuthorization != nil || which == .space)
            #expect(core.resultAuthorization == nil, "the token goes to the API alone")
            if which == .fal || which == .router { #expect(outcome?.seed == .max) }
            outcome = nil
            #expect(bench.folder.files().isEmpty)
        }
    }

    // MARK: Faults

    static let everywhere: [Row] = ProviderCase.allCases.flatMap { which in
        [
            Row(which, .rateLimited, .failure(.rateLimited)),
            Row(which, .rateLimitedSilently, .failure(.rateLimited)),
            Row(which, .rateLimitedInWords, .failure(.rateLimited)),
            Row(which, .unauthorized, .failure(.authentication)),
            Row(which, .noCredit, .failure(.exhausted)),
            Row(which, .refusedInput, .failure(.badInput)),
            Row(which, .failed, .failure(.transient)),
            Row(which, .unsafe, .failure(.refusedAsUnsafe)),
            Row(which, .droppedSubmit, .failure(.unknown)),
            Row(which, .resetAtSubmit, .failure(.unknown)),
            Row(which, .hugeResult, .failure(.badResult)),
            Row(which, .truncatedPicture, times: 9, .failure(.badResult)),
        ]
    }

    /// Those that give an address for their result.
    static let withAddress: [Row] = [ProviderCase.fal, .replicate, .space].flatMap { which in
        [
            Row(which, .resultGone, .failure(.badResult)),
            Row(which, .endlessRedirect, times: 9, .failure(.badResult)),
            Row(which, .redirectedResult, .success),
            Row(which, .inlineResult, .success),
            Row(which, .truncatedPicture, .success),
            Row(which, .resetAtResult, .success),
            Row(which, .resetAtResult, times: 9, .failure(.unknown)),
            Row(which, .wrongJSONAtSubmit, .failure(.unknown)),
            Row(which, .wrongJSONAtStatus, .failure(.unknown)),
        ]
    }

    static let own: [Row] = [
        Row(.fal, .unavailable, .failure(.transient)),
        Row(.fal, .flagged, .failure(.refusedAsUnsafe)),
        // It may have been made before the server failed.
        Row(.replicate, .unavailable, .failure(.unknown)),
        Row(.replicate, .aborted, .failure(.transient)),
        Row(.replicate, .processingWhenDone, .success),
        Row(.router, .unavailable, .failure(.transient)),
        Row(.router, .loading, .failure(.transient)),
        Row(.router, .wrongJSONAtSubmit, .failure(.badResult)),
        Row(.space, .unavailable, .failure(.rateLimited)),
        Row(.space, .notRunning, .failure(.notReady)),
    ]

    @Test(arguments: everywhere + withAddress + own)
    func `each fault is what it is called, is paid at most once, and leaves no file`(_ row: Row) async throws {
        try await withProviders { bench in
            let core = bench.core(of: row.provider.name)
            core.plan.set(row.fault, times: row.times)
            try await check(row, bench, within: .seconds(60))
            #expect(core.paid <= 1)
            #expect(core.taken <= 1)
        }
    }

    /// The ones that end by a time limit: these limits are short, and anything that is slower ends the same way.
    static let slow: [Row] = [
        Row(.fal, .hangAtSubmit, .failure(.unknown)),
        Row(.replicate, .hangAtSubmit, .failure(.unknown)),
        Row(.router, .hangAtSubmit, .failure(.unknown)),
        Row(.space, .hangAtSubmit, .failure(.unknown)),
        Row(.fal, .neverEnds, .failure(.timedOut)),
        Row(.replicate, .neverEnds, .failure(.timedOut)),
        Row(.space, .neverEnds, .failure(.timedOut)),
        Row(.space, .hangAtStatus, .failure(.timedOut)),
    ]

    @Test(arguments: slow)
    func `a provider that does not answer is given up in time`(_ row: Row) async throws {
        try await withProviders(callTimeout: .seconds(1)) { bench in
            bench.core(of: row.provider.name).plan.set(row.fault)
            try await check(row, bench, within: .seconds(3))
            #expect(bench.core(of: row.provider.name).paid <= 1)
        }
    }

    @Test(arguments: [
        Row(.fal, .hangAtStatus, .success), Row(.replicate, .hangAtStatus, .success),
        Row(.fal, .hangAtResult, .success), Row(.replicate, .hangAtResult, .success),
        Row(.space, .hangAtResult, .success),
    ])
    func `a call that costs nothing is made again when it hangs`(_ row: Row) async throws {
        try await withProviders(callTimeout: .seconds(1), faults: 20) { bench in
            let core = bench.core(of: row.provider.name)
            core.plan.set(row.fault)
            try await check(row, bench, within: .seconds(60))
            #expect(core.paid == 1)
        }
    }

    @LoopActor
    private func check(_ row: Row, _ bench: ProviderBench, within limit: Duration) async throws {
        do {
            let outcome = try await bench.run(bench.provider(row.provider.name), row.provider.job(), within: limit)
            #expect(row.end == .success)
            #expect(outcome.pictureCount == 1)
        } catch let failure as ProviderFailure {
            #expect(row.end == .failure(failure.kind), "\(failure)")
            if row.fault == .rateLimited || row.fault == .rateLimitedInWords {
                #expect(failure.retryAfter == .seconds(1))
            }
            if row.fault == .loading { #expect(failure.retryAfter == .milliseconds(250)) }
        }
        #expect(bench.folder.files().isEmpty)
    }

    // MARK: Another process

    @Test(arguments: [ProviderCase.fal, .replicate, .space])
    func `a ticket that was written down is followed by another process, and not paid again`(
        _ which: ProviderCase
    ) async throws {
        try await withProviders { bench in
            let job = try which.job()
            let written: String
            do {
                let provider = bench.provider(which.name)
                let draft = try await provider.prepare(job, within: .seconds(60))
                written = try await provider.submit(job, draft, within: .seconds(60)).ticket.json.text
            }
            let ticket = try #require(ProviderTicket(json: try JSON(parsing: written)))
            let outcome = try await bench.provider(which.name).follow(ticket, within: .seconds(60)) { _ in }
            #expect(outcome.pictureCount == 1)
            #expect(bench.core(of: which.name).taken == 1)
        }
    }

    @Test func `fal's request is followed by the name in its head when its answer breaks off`() async throws {
        try await withProviders { bench in
            bench.fal.core.plan.set(.resetAtSubmit)
            let provider = bench.provider(.fal)
            let job = try ProviderCase.fal.job()
            let draft = try await provider.prepare(job, within: .seconds(60))
            let failure = try await #require(throws: ProviderFailure.self) {
                _ = try await provider.submit(job, draft, within: .seconds(60))
            }
            let ticket = try #require(failure.ticket)
            #expect(!ticket.isDraft)
            #expect(try await provider.follow(ticket, within: .seconds(60)) { _ in }.pictureCount == 1)
            #expect(bench.fal.core.taken == 1)
        }
    }

    @Test func `a prediction whose answer got lost is found by its picture`() async throws {
        try await withProviders { bench in
            let provider = bench.provider(.replicate)
            let job = try ProviderCase.replicate.job()
            let draft = try await provider.prepare(job, within: .seconds(60))
            #expect(try await provider.locate(draft, within: .seconds(60)) == .absent)
            bench.replicate.core.plan.set(.droppedSubmit)
            await #expect(throws: ProviderFailure.self) {
                _ = try await provider.submit(job, draft, within: .seconds(60))
            }
            guard case .found(let ticket) = try await provider.locate(draft, within: .seconds(60)) else {
                Issue.record("it was not found")
                return
            }
            #expect(try await provider.follow(ticket, within: .seconds(60)) { _ in }.pictureCount == 1)
            #expect(bench.replicate.core.taken == 1)
        }
    }

    // MARK: Calling off

    @Test(arguments: [ProviderCase.fal, .replicate])
    func `a request can be called off before it runs`(_ which: ProviderCase) async throws {
        try await withProviders { bench in
            let provider = bench.provider(which.name)
            let job = try which.job()
            let draft = try await provider.prepare(job, within: .seconds(60))
            let ticket = try await provider.submit(job, draft, within: .seconds(60)).ticket
            #expect(await provider.cancel(ticket, within: .seconds(60)))
            #expect(bench.core(of: which.name).cancelled == 1)
            #expect(bench.core(of: which.name).paid == 0)
        }
    }

    @Test func `a request that has ended cannot be called off`() async throws {
        try await withProviders { bench in
            for which in [ProviderCase.fal, .replicate] {
                let provider = bench.provider(which.name)
                let job = try which.job()
                let draft = try await provider.prepare(job, within: .seconds(60))
                let ticket = try await provider.submit(job, draft, within: .seconds(60)).ticket
                _ = try await provider.follow(ticket, within: .seconds(60)) { _ in }
                #expect(await !provider.cancel(ticket, within: .seconds(60)))
            }
        }
    }

    // MARK: Texts and inputs

    @Test func `a text is written by the router's chat`() async throws {
        try await withProviders { bench in
            let job = ProviderJob(
                id: "j", kind: .textGeneration, parameters: ["prompt": "hello", "max_new_tokens": 7])
            let outcome = try await bench.run(bench.provider(.huggingface), job, within: .seconds(60))
            #expect(outcome.text == "You said: hello")
            let sent = try JSON(parsing: bench.huggingFace.core.lastInput)
            #expect(sent["max_tokens"] == 7)
            #expect(sent["model"] == "mistralai/Mistral-7B-Instruct-v0.3")
        }
    }

    @Test func `a model that is no model's name never gets into a path`() async throws {
        try await withProviders { bench in
            for name in ["../../api/whoami", "a/b/c", "a", ".a/b", "a/b?x=1"] {
                let job = ProviderJob(id: "j", kind: .textToImage, parameters: ["prompt": "x", "model": .string(name)])
                let failure = try await #require(throws: ProviderFailure.self) {
                    _ = try await bench.run(bench.provider(.huggingface), job, within: .seconds(60))
                }
                #expect(failure.kind == .badInput)
            }
            #expect(bench.huggingFace.core.taken == 0)
        }
    }

    @Test func `fal gets the picture as a data URI, the size as an object, and the seed to the digit`() async throws {
        try await withProviders { bench in
            var job = try ProviderCase.fal.job()
            job.parameters["width"] = 768
            job.parameters["height"] = 1024
            _ = try await bench.run(bench.provider(.fal), job, within: .seconds(60))
            let sent = try JSON(parsing: bench.fal.core.lastInput)
            #expect(sent["image_size"] == ["width": 768, "height": 1024])
            #expect(sent["seed"] == .unsigned(.max))
            #expect(sent["num_inference_steps"] == 4)
            #expect(sent["reference_image_url"]?.string?.hasPrefix("data:image/png;base64,") == true)
            #expect(sent["enable_safety_checker"] == true)
        }
    }
}

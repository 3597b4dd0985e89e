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
            if row.fault == .hugeResult { #expect(core.hugeBytes < 64 << 20, "the rest is not taken") }
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
        try await withProviders(callTimeout: .seconds(3)) { bench in
            bench.core(of: row.provider.name).plan.set(row.fault)
            try await check(row, bench, within: .seconds(8))
            #expect(bench.core(of: row.provider.name).paid <= 1)
        }
    }

    @Test(arguments: [
        Row(.fal, .hangAtStatus, .success), Row(.replicate, .hangAtStatus, .success),
        Row(.fal, .hangAtResult, .success), Row(.replicate, .hangAtResult, .success),
        Row(.space, .hangAtResult, .success),
    ])
    func `a call that costs nothing is made again when it hangs`(_ row: Row) async throws {
        try await withProviders(callTimeout: .seconds(3), faults: 20) { bench in
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
}

import Foundation
import JSONText
import Loop
import Testing

@testable import BackendAPI

/// The chain as a value: what happened in, what to do out.
@Suite struct ChainTests {
    private static let links = [
        Chain.Link(provider: .fal, price: 0.02), Chain.Link(provider: .replicate, price: 0.01),
        Chain.Link(provider: .comfyui, price: 0),
    ]

    private static func ticket(_ provider: ProviderName = .fal, id: String? = "r1") -> ProviderTicket {
        ProviderTicket(provider: provider, kind: .textToImage, model: "m", requestID: id)
    }

    /// A chain with a clock that the test turns.
    private final class Script {
        var chain: Chain
        var now = Duration.zero
        var refused: Set<ProviderName> = []

        init(
            _ links: [Chain.Link] = ChainTests.links, budget: Duration = .seconds(90),
            from record: ChainRecord = .init()
        ) {
            chain = Chain(links, budget: budget, resuming: record)
        }

        func callAsFunction(_ event: Chain.Event, after pause: Duration = .zero) -> Chain.Step {
            now += pause
            return chain.observe(event, at: now) { !refused.contains($0) }
        }
    }

    private func name(_ step: Chain.Step) -> String {
        switch step {
        case .submit(let provider, _): "submit \(provider.rawValue)"
        case .follow(let ticket, _): "follow \(ticket.provider.rawValue)"
        case .locate(let ticket, _): "locate \(ticket.provider.rawValue)"
        case .cancel(let ticket, _): "cancel \(ticket.provider.rawValue)"
        case .pause: "pause"
        case .served(let provider): "served \(provider.rawValue)"
        case .giveUp(let failure): "give up: \(failure.kind.rawValue)"
        }
    }

    // MARK: The table

    @Test func `every class of failure has one row`() {
        #expect(ChainDecision.table.map(\.failure) == ProviderFailure.Kind.allCases)
    }

    /// From the first request being followed to the next thing that is not a pause or a repetition.
    @Test(arguments: [
        (ProviderFailure.Kind.badInput, ["give up: bad input"]),
        (.refusedAsUnsafe, ["give up: refused as unsafe"]),
        (.rateLimited, ["pause", "submit fal", "submit replicate"]),
        (.transient, ["pause", "submit fal", "submit replicate"]),
        (.unknown, ["pause", "follow fal", "pause", "follow fal", "cancel fal", "submit replicate"]),
        (.timedOut, ["cancel fal", "submit replicate"]),
        (.badResult, ["submit replicate"]),
        (.notReady, ["submit replicate"]),
        (.notConfigured, ["submit replicate"]),
        (.authentication, ["submit replicate"]),
        (.exhausted, ["submit replicate"]),
    ])
    func `a failure that stays leads through these steps`(_ kind: ProviderFailure.Kind, _ steps: [String]) {
        let script = Script()
        #expect(name(script(.begun)) == "submit fal")
        _ = script(.taken(Self.ticket()))
        var seen: [String] = []
        var step = script(.failed(ProviderFailure(kind, "it is so")))
        seen.append(name(step))
        while seen.count < steps.count {
            switch step {
            case .pause: step = script(.paused)
            case .cancel: step = script(.cancelled(stopped: true))
            default: step = script(.failed(ProviderFailure(kind, "it is so", ticket: Self.ticket())))
            }
            seen.append(name(step))
        }
        #expect(seen == steps)
    }

    @Test func `the docs' table has a row for each class`() {
        for kind in ProviderFailure.Kind.allCases { #expect(ChainDecision.markdown.contains("| \(kind.rawValue) |")) }
    }

    @Test func `the docs have the table that the code goes by`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let docs = try String(contentsOf: root.appending(path: "docs/providers.md"), encoding: .utf8)
        #expect(docs.contains(ChainDecision.markdown))
    }

    // MARK: Money

    @Test func `after a request that could not be called off only a free provider is asked`() {
        let script = Script()
        _ = script(.begun)
        _ = script(.taken(Self.ticket()))
        #expect(name(script(.failed(ProviderFailure(.timedOut, "late")))) == "cancel fal")
        #expect(name(script(.cancelled(stopped: false))) == "submit comfyui")
        #expect(script.chain.record.isPerhapsPaid)
        #expect(script.chain.record.attempts.map(\.source) == [.fal, .replicate])
    }

    @Test func `a result that was paid and cannot be used is not paid again`() {
        let script = Script(Array(Self.links.prefix(2)))
        _ = script(.begun)
        _ = script(.taken(Self.ticket()))
        #expect(
            name(script(.failed(ProviderFailure(.badResult, "gone", isPerhapsPaid: true)))) == "give up: bad result")
    }

    @Test func `a draft whose fate nobody knows counts as paid`() {
        let script = Script()
        _ = script(.begun)
        let draft = Self.ticket(id: nil)
        #expect(name(script(.failed(ProviderFailure(.unknown, "cut", isPerhapsPaid: true, ticket: draft)))) == "pause")
        #expect(name(script(.paused)) == "locate fal")
        #expect(name(script(.lost)) == "submit comfyui")
    }

    @Test func `a draft that never arrived is sent again, and is not paid twice`() {
        let script = Script()
        _ = script(.begun)
        _ = script(.failed(ProviderFailure(.unknown, "cut", isPerhapsPaid: true, ticket: Self.ticket(id: nil))))
        _ = script(.paused)
        #expect(name(script(.absent)) == "pause")
        #expect(name(script(.paused)) == "submit fal")
        #expect(!script.chain.record.isPerhapsPaid)
    }

    // MARK: Time

    @Test func `a provider that asks for a long pause is not waited for while there is another`() {
        let script = Script()
        _ = script(.begun)
        let busy = ProviderFailure(.rateLimited, "", retryAfter: .seconds(20))
        #expect(name(script(.failed(busy))) == "submit replicate")
        let alone = Script([Chain.Link(provider: .fal)])
        _ = alone(.begun)
        #expect(alone(.failed(busy)) == .pause(.seconds(20)))
        let patient = Script([Chain.Link(provider: .fal)])
        _ = patient(.begun)
        let tooLong = ProviderFailure(.rateLimited, "", retryAfter: .seconds(31))
        #expect(name(patient(.failed(tooLong))) == "give up: rate limited")
    }

    @Test func `time is kept back for those still to come, and none is begun without any`() {
        let script = Script(budget: .seconds(30))
        guard case .submit(.fal, let first) = script(.begun) else { Issue.record("no submit"); return }
        #expect(first == .seconds(10))
        _ = script(.taken(Self.ticket()))
        _ = script(.failed(ProviderFailure(.timedOut, "late")), after: .seconds(10))
        guard case .submit(.replicate, let second) = script(.cancelled(stopped: true)) else {
            Issue.record("no submit")
            return
        }
        #expect(second == .seconds(10))
        let end = script(.failed(ProviderFailure(.badResult, "gone")), after: .milliseconds(19_500))
        #expect(name(end) == "give up: bad result")
        #expect(script.chain.record.attempts.last == ChainAttempt(.comfyui, "no time left"))
    }

    @Test func `a provider gets no more than its own budget`() {
        let script = Script([Chain.Link(provider: .fal, budget: .seconds(7))], budget: .seconds(90))
        #expect(script(.begun) == .submit(.fal, within: .seconds(7)))
    }

    // MARK: Breakers

    @Test func `the breakers are told how each provider did, once`() {
        let script = Script()
        _ = script(.begun)
        _ = script(.failed(ProviderFailure(.transient, "x")))
        _ = script(.paused)
        #expect(script.chain.takeReports().isEmpty)
        _ = script(.failed(ProviderFailure(.transient, "x")))
        _ = script(.taken(Self.ticket(.replicate)))
        _ = script(.done)
        let reports = script.chain.takeReports()
        #expect(reports.map(\.0) == [.fal, .replicate])
        #expect(reports.map(\.1) == [.failure, .success])
    }

    @Test func `an open breaker is a skip, and a wrong input speaks for the provider`() {
        let script = Script()
        script.refused = [.fal]
        #expect(name(script(.begun)) == "submit replicate")
        #expect(script.chain.record.attempts == [ChainAttempt(.fal, "circuit open")])
        _ = script(.failed(ProviderFailure(.badInput, "x")))
        #expect(script.chain.takeReports().map(\.1) == [.success])
    }

    // MARK: Going on

    @Test func `a record goes on with its ticket, and with what was tried before`() {
        let record = ChainRecord(ticket: Self.ticket(.replicate), attempts: [ChainAttempt(.fal, "transient")])
        let script = Script(from: record)
        #expect(name(script(.begun)) == "follow replicate")
        #expect(name(script(.done)) == "served replicate")
        #expect(script.chain.record.attempts == [ChainAttempt(.fal, "transient")])
    }

    @Test func `a record of a provider that is no longer there counts as paid`() {
        let script = Script(
            [Chain.Link(provider: .replicate, price: 1), Chain.Link(provider: .comfyui)],
            from: ChainRecord(ticket: Self.ticket(.fal)))
        #expect(name(script(.begun)) == "submit comfyui")
    }

    @Test func `a record comes back from its JSON`() throws {
        var ticket = Self.ticket()
        ticket.urls = ["status": "https://queue.fal.run/x"]
        ticket.trace = ["file": "https://a/b"]
        let record = ChainRecord(
            ticket: ticket, attempts: [ChainAttempt(.fal, "unknown: cut", seconds: 1.5)], isPerhapsPaid: true)
        #expect(ChainRecord(json: record.json) == record)
        #expect(ChainRecord(json: ChainRecord().json) == ChainRecord())
        #expect(ChainRecord(json: ["ticket": ["provider": "nobody"], "attempts": [], "perhaps_paid": false]) == nil)
        #expect(ChainRecord(json: []) == nil)
    }
}

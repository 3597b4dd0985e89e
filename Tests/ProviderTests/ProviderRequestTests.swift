import HTTPTypes
import JSONText
import Loop
import ProviderEmulators
import TestSupport
import Testing

@testable import BackendAPI

/// A request on its way: followed by another process, called off, and what of it goes where.
@Suite struct ProviderRequestTests {
    init() { startLoop() }

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

    @Test func `a prediction is found behind many others, and not called absent where nobody can tell`() async throws {
        try await withProviders { bench in
            let provider = bench.provider(.replicate)
            let job = try ProviderCase.replicate.job()
            let draft = try await provider.prepare(job, within: .seconds(60))
            bench.replicate.pageSize = 3
            bench.replicate.core.plan.set(.droppedSubmit)
            await #expect(throws: ProviderFailure.self) {
                _ = try await provider.submit(job, draft, within: .seconds(60))
            }
            bench.replicate.addStrangers(7)
            guard case .found = try await provider.locate(draft, within: .seconds(60)) else {
                Issue.record("it was not found")
                return
            }
            bench.replicate.clearInputs()
            #expect(try await provider.locate(draft, within: .seconds(60)) == .unknowable)
            bench.replicate.addStrangers(40)
            #expect(try await provider.locate(draft, within: .seconds(60)) == .unknowable)
        }
    }

    @Test func `a request that was taken and is not known any more may have been paid`() {
        let answer = ProviderAnswer(status: 404, headers: [:], json: nil)
        #expect(FalVerdict.onStatus(answer).isPerhapsPaid)
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

    @Test(arguments: [ProviderCase.fal, .replicate])
    func `one that runs already is called off too, and may have cost something`(_ which: ProviderCase) async throws {
        try await withProviders { bench in
            let provider = bench.provider(which.name)
            let core = bench.core(of: which.name)
            core.plan.set(.neverEnds)
            let job = try which.job()
            let draft = try await provider.prepare(job, within: .seconds(60))
            let ticket = try await provider.submit(job, draft, within: .seconds(60)).ticket
            let running = LoopEvent()
            let seen = Lock(0)
            let following = Task(executorPreference: EventLoop.shared) {
                try await provider.follow(ticket, within: .seconds(600)) { _ in
                    // It is in the queue the first time, if it ever is.
                    if seen.withLock({
                        $0 += 1; return $0
                    }) > 2 {
                        running.signal()
                    }
                }
            }
            try await running.wait()
            following.cancel()
            _ = await following.result
            #expect(await !provider.cancel(ticket, within: .seconds(60)))
            #expect(core.cancelled == 1)
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

    // MARK: Addresses from outside

    @Test(arguments: [ProviderCase.fal, .replicate])
    func `a private host in a provider's answer gets neither the token nor a call`(_ which: ProviderCase) async throws {
        try await withProviders { bench in
            let core = bench.core(of: which.name)
            core.publicURL = "http://localhost:\(core.port)"
            let failure = try await #require(throws: ProviderFailure.self) {
                _ = try await bench.run(bench.provider(which.name), try which.job(), within: .seconds(60))
            }
            #expect(failure.kind == .badResult)
            #expect(failure.isPerhapsPaid)
            #expect(core.authorizedHosts == ["127.0.0.1:\(core.port)"])
        }
    }

    @Test(arguments: [ProviderCase.fal, .replicate, .space])
    func `with private addresses allowed the result comes from there, and still no token goes there`(
        _ which: ProviderCase
    ) async throws {
        try await withProviders(["ALLOW_PRIVATE_PROVIDER_URLS": "1"]) { bench in
            let core = bench.core(of: which.name)
            core.publicURL = "http://localhost:\(core.port)"
            let outcome = try await bench.run(bench.provider(which.name), which.job(), within: .seconds(60))
            #expect(outcome.pictureCount == 1)
            #expect(core.authorizedHosts == ["127.0.0.1:\(core.port)"])
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

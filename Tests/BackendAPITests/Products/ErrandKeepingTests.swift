import Crypto
import Glibc
import HTTPTypes
import JSONText
import Loop
import ProviderEmulators
import TestSupport
import Testing

@testable import BackendAPI

/// Errands over restarts, stops and a full disk: what was paid for is followed, kept, and not paid for again.
@Suite struct ErrandKeepingTests {
    init() { startLoop() }

    private static func photo() throws -> JSON { .string(Base64.encode(try Samples.png())) }

    @LoopActor @Test func `killed between submit and result, the same request is followed, not paid again`()
        async throws
    {
        try await withProducts(["PROVIDERS_HD_IMAGE": "replicate", "MAX_WAIT": "0"]) { bench in
            bench.replicate.core.plan.set(.neverEnds, times: 1000)
            let answer = try await bench.backend.call(.post, "/api/ai/hd-image", ["image": try Self.photo()])
            #expect(answer.status == 202)
            let id = try #require(answer.json["task_id"]?.string)
            try await until { bench.replicate.core.taken == 1 }
            try await bench.restart()
            bench.replicate.core.plan.clear()
            let task = try await bench.backend.end(of: id)
            #expect(task["status"] == "done", "\(task)")
            #expect(task["source"] == "replicate")
            #expect(bench.replicate.core.taken == 1)
        }
    }

    @LoopActor @Test func `a restart after its time ran out follows the paid request all the same`() async throws {
        try await withProducts(["PROVIDERS_HD_IMAGE": "replicate", "MAX_WAIT": "0"]) { bench in
            bench.replicate.core.plan.set(.neverEnds, times: 1000)
            let answer = try await bench.backend.call(.post, "/api/ai/hd-image", ["image": try Self.photo()])
            let id = try #require(answer.json["task_id"]?.string)
            try await until { bench.replicate.core.taken == 1 }
            try await bench.restart { data in
                try ProductBench.edit(data, "UPDATE tasks SET errand = json_set(errand, '$.deadline', 1000)")
                bench.replicate.core.plan.clear()
            }
            let task = try await bench.backend.end(of: id)
            #expect(task["status"] == "done", "\(task)")
            #expect(bench.replicate.core.taken == 1)
        }
    }

    @LoopActor @Test(arguments: [false, true])
    func `after a restart our own GPU service goes on with it, and nobody is paid`(_ isBeforeItBegan: Bool) async throws
    {
        try await withProducts(["PROVIDERS_HD_IMAGE": "comfyui,replicate", "MAX_WAIT": "0"]) { bench in
            bench.pod.steps = [.held(LoopEvent())]
            let answer = try await bench.backend.call(.post, "/api/ai/hd-image", ["image": try Self.photo()])
            let id = try #require(answer.json["task_id"]?.string)
            try await until { bench.pod.posts.count == 1 }
            try await bench.restart {
                guard isBeforeItBegan else { return }
                try ProductBench.edit($0, "UPDATE tasks SET errand = json_set(errand, '$.record.ticket', NULL)")
            }
            let task = try await bench.backend.end(of: id)
            #expect(task["status"] == "done", "\(task)")
            #expect(task["source"] == "comfyui")
            #expect(bench.replicate.core.taken == 0)
        }
    }

    @LoopActor @Test func `a graceful stop waits for the answer to what is being paid for`() async throws {
        try await withProducts(["PROVIDERS_TEXT_TO_IMAGE": "huggingface", "MAX_WAIT": "0"]) { bench in
            let hub = bench.huggingFace.core
            hub.plan.set(.heldAtSubmit)
            let answer = try await bench.backend.call(.post, "/api/huggingface/text-to-image", ["prompt": "a cat"])
            let id = try #require(answer.json["task_id"]?.string)
            try await until { hub.held == 1 }
            async let stopped: Void = bench.backend.stop(grace: .seconds(600))
            try await until { bench.backend.isStopped }
            hub.release.signal()
            await stopped
            #expect(try rows(in: bench.folder).filter { $0.id == id }.map(\.state) == [.done])
        }
    }

    @LoopActor @Test func `a graceful stop waits for the name of what is being paid for`() async throws {
        try await withProducts(["PROVIDERS_TEXT_TO_IMAGE": "fal", "MAX_WAIT": "0"]) { bench in
            bench.fal.core.plan.set(.heldAtSubmit)
            let answer = try await bench.backend.call(.post, "/api/huggingface/text-to-image", ["prompt": "a cat"])
            let id = try #require(answer.json["task_id"]?.string)
            try await until { bench.fal.core.held == 1 }
            async let stopped: Void = bench.backend.stop(grace: .seconds(600))
            try await until { bench.backend.isStopped }
            bench.fal.core.release.signal()
            await stopped
            try await bench.restart()
            let task = try await bench.backend.end(of: id)
            #expect(task["status"] == "done", "\(task)")
            #expect(bench.fal.core.taken == 1)
        }
    }

    @LoopActor @Test func `a text that is there already is not paid for again`() async throws {
        try await withProducts { bench in
            let answer = try await bench.backend.call(.post, "/api/huggingface/text-generation", ["prompt": "Once"])
            let paid = bench.huggingFace.core.paid
            // As a death between keeping the text and ending the task.
            try await bench.restart {
                try ProductBench.edit($0, "UPDATE tasks SET state = 'running', finished_at = NULL")
            }
            let id = try #require(
                try await bench.backend.call(.get, "/tasks").json["tasks"]?[0]?["task_id"]?.string)
            #expect(try await bench.backend.end(of: id)["status"] == "done")
            #expect(answer.json["text"]?.string?.isEmpty == false)
            #expect(bench.huggingFace.core.paid == paid)
        }
    }

    @LoopActor @Test func `a full disk at the end is waited for`() async throws {
        try await withProducts(["PROVIDERS_HD_IMAGE": "replicate", "MAX_WAIT": "0"]) { bench in
            bench.replicate.core.plan.set(.neverEnds, times: 1000)
            let answer = try await bench.backend.call(.post, "/api/ai/hd-image", ["image": try Self.photo()])
            let id = try #require(answer.json["task_id"]?.string)
            try await until { bench.replicate.core.taken == 1 }
            // No picture can be kept while a file stands where its folder would.
            let folder = bench.folder.path + "/images"
            rename(folder, folder + ".away")
            close(creat(folder, 0o644))
            bench.replicate.core.plan.clear()
            try await Self.untilTheDiskIsInTheWay(bench)
            #expect(try await bench.backend.task(id)["status"] == "running")
            unlink(folder)
            rename(folder + ".away", folder)
            let task = try await bench.backend.end(of: id)
            #expect(task["status"] == "done", "\(task)")
            #expect(bench.replicate.core.taken == 1)
        }
    }

    @LoopActor private static func untilTheDiskIsInTheWay(_ bench: ProductBench) async throws {
        try await until {
            let metrics = try await bench.backend.call(.get, "/metrics")
            return !String(decoding: metrics.bytes, as: UTF8.self).contains("errand_disk_waits_total 0")
        }
    }

    @LoopActor @Test func `a picture that came with the answer is kept once the disk allows it`() async throws {
        try await withProducts(["PROVIDERS_TEXT_TO_IMAGE": "huggingface", "MAX_WAIT": "0"]) { bench in
            let folder = bench.folder.path + "/images"
            rename(folder, folder + ".away")
            close(creat(folder, 0o644))
            let answer = try await bench.backend.call(.post, "/api/huggingface/text-to-image", ["prompt": "a cat"])
            let id = try #require(answer.json["task_id"]?.string)
            try await Self.untilTheDiskIsInTheWay(bench)
            #expect(bench.huggingFace.core.paid == 1)
            #expect(try await bench.backend.task(id)["status"] == "running")
            unlink(folder)
            rename(folder + ".away", folder)
            let task = try await bench.backend.end(of: id)
            #expect(task["status"] == "done", "\(task)")
            #expect(bench.huggingFace.core.paid == 1)
        }
    }
}

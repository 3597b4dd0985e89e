import GRDB
import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport
import Testing
import Wire

@testable import BackendAPI

/// What a client was told, or has asked for, holds after the backend was restarted.
@Suite struct LifeOverRestartTests {
    init() { startLoop() }

    @LoopActor
    private func restarted(
        _ steps: [ScriptedGPUService.Step], settings: [String: String] = [:],
        before: @LoopActor (RunningBackend, ScriptedGPUService, String) async throws -> Void,
        after: @LoopActor (RunningBackend, ScriptedGPUService, String) async throws -> Void
    ) async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        pod.steps = steps
        let first = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await first.untilHealthy()
        let id = try await first.submit()
        try await before(first, pod, id)
        await first.stop(grace: .zero)
        let second = try await RunningBackend(folder: folder.path, pods: [pod.url], settings: settings)
        try await after(second, pod, id)
        await second.stop(grace: .zero)
        await pod.kill()
    }

    @LoopActor @Test func `an event stream goes on where it broke off`() async throws {
        try await restarted([.held(LoopEvent())]) { backend, _, id in
            try await until { try await backend.task(id)["progress"] == 0.5 }
        } after: { backend, _, id in
            let response = try await backend.send(.get, "/tasks/\(id)/events", headers: [.lastEventID: "2"])
            var reader = EventStreamReader()
            let events = try reader.feed(try await response.collect())
            // Queued again by the restart, running, done: what came before is not told again.
            #expect(events.filter { $0.name == "status" }.compactMap(\.id) == ["3", "4", "5"])
            #expect(events.last?.name == "done")
            #expect(events.last?.id == "6")
            let seen = try await backend.send(.get, "/tasks/\(id)/events", headers: [.lastEventID: "6"])
            #expect(seen.status == 204)
        }
    }

    @LoopActor @Test func `a cancel that the backend did not outlive is carried out`() async throws {
        try await restarted([.held(LoopEvent())]) { backend, _, id in
            try await until { try await backend.task(id)["progress"] == 0.5 }
            let entry = try #require(try await backend.backend.book.find(id))
            try await backend.backend.book.wantCancelled(entry)
        } after: { backend, pod, id in
            #expect(try await backend.end(of: id)["status"] == "cancelled")
            try await until { pod.cancelled.contains(id) }
            #expect(pod.posts.count == 1)
        }
    }

    @LoopActor @Test func `the first cause is remembered`() async throws {
        let lost = ScriptedGPUService.Step.failure(GenerationFailure(.lost, "Later."))
        try await restarted([
            .failure(GenerationFailure(.lost, "The first cause.")), .held(LoopEvent()), lost, lost, lost,
        ]) { backend, _, id in
            try await until { try await backend.task(id)["attempts"] == 2 }
            try await until { try await backend.task(id)["progress"] == 0.5 }
        } after: { backend, _, id in
            let task = try await backend.end(of: id)
            #expect(task["status"] == "failed")
            #expect(task["error"] == "The first cause.")
            #expect(task["attempts"] == 4)
        }
    }

    @LoopActor @Test func `what has waited for too long fails and says so`() async throws {
        try await restarted([.held(LoopEvent())], settings: ["MAX_QUEUE_WAIT": "0"]) { _, pod, _ in
            pod.comfyIsThere = false
        } after: { backend, _, id in
            let task = try await backend.end(of: id)
            #expect(task["status"] == "failed")
            #expect(task["error"]?.string?.contains("waited too long") == true)
        }
    }

    @LoopActor @Test func `a clock set back by a day loses nothing`() async throws {
        startLoop()
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        let first = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await first.untilHealthy()
        let key = HTTPField.Name("Idempotency-Key")
        let headers: HTTPFields = key.map { [$0: "once"] } ?? [:]
        let ended = try await first.submit(headers: headers)
        _ = try await first.end(of: ended)
        pod.comfyIsThere = false
        let waiting = try await first.submit()
        await first.stop(grace: .zero)
        // As if all of it had happened tomorrow.
        let database = try DatabaseQueue(path: folder.path + "/easel.db")
        try await database.write { database in
            for (table, columns) in [
                ("tasks", ["created_at", "started_at", "finished_at"]), ("submissions", ["at"]),
            ] {
                for column in columns {
                    try database.execute(sql: "UPDATE \(table) SET \(column) = \(column) + 86400000")
                }
            }
        }
        try database.close()
        pod.comfyIsThere = true
        let second = try await RunningBackend(
            folder: folder.path, pods: [pod.url], settings: ["MAX_QUEUE_WAIT": "3600"])
        #expect(try await second.end(of: waiting)["status"] == "done")
        #expect(try await second.task(ended)["status"] == "done")
        let again = try await second.submit(headers: headers)
        #expect(again == ended)
        let later = try await second.submit()
        #expect(try await second.end(of: later)["status"] == "done")
        let listed = try await second.call(.get, "/tasks").json["tasks"]?.array ?? []
        #expect(listed.compactMap { $0["task_id"]?.string } == [later, waiting, ended])
        await second.stop(grace: .zero)
        await pod.kill()
    }
}

import Crypto
import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport
import Testing
import Wire

@testable import BackendAPI

@Suite struct TaskRouteTests {
    init() { startLoop() }

    @LoopActor @Test func `what is no task is 404`() async throws {
        try await withBackend { backend, _, _ in
            for path in ["/tasks/\(UUID4.make())", "/tasks/x", "/tasks/\(UUID4.make())/events"] {
                let answer = try await backend.call(.get, path)
                #expect(answer.status == 404)
                #expect(answer.headers[.contentType] == "application/problem+json")
            }
            #expect(try await backend.call(.delete, "/tasks/\(UUID4.make())").status == 404)
        }
    }

    @LoopActor @Test func `a wait ends with the task`() async throws {
        try await withBackend { backend, pod, _ in
            let release = LoopEvent()
            pod.steps = [.held(release)]
            let id = try await backend.submit()
            async let waiting = backend.call(.get, "/tasks/\(id)?wait=80")
            try await until { try await backend.task(id)["progress"] == 0.5 }
            let running = try await backend.task(id)
            #expect(running["status"] == "running")
            #expect(running["image"] == .null)
            #expect(running["started_at"]?.string?.hasSuffix("Z") == true)
            release.signal()
            #expect(try await waiting.json["status"] == "done")
        }
    }

    @LoopActor @Test func `a wait that is over answers with the task as it stands`() async throws {
        try await withBackend(settings: ["MAX_WAIT": "0"]) { backend, pod, _ in
            pod.steps = [.held(LoopEvent())]
            let answer = try await backend.generate(["mode": "paint", "prompt": "p"], headers: [.prefer: "wait=50"])
            #expect(answer.status == 200)
            #expect(answer.headers[.preferenceApplied] == "wait=0")
            #expect(["queued", "running"].contains(answer.json["status"]?.string ?? ""))
            #expect(try await backend.call(.get, "/tasks/\(answer.json["task_id"]?.string ?? "")?wait=x").status == 422)
        }
    }

    @LoopActor @Test func `a wait ends with its client, and the task goes on`() async throws {
        try await withBackend(settings: ["MAX_CLIENT_STREAMS": "1"]) { backend, pod, _ in
            let release = LoopEvent()
            pod.steps = [.held(release)]
            let peer = try await RawPeer.connect(port: backend.backend.port)
            let body = #"{"mode":"paint","prompt":"a cat"}"#
            try await peer.send(
                "POST /generate HTTP/1.1\r\nHost: x\r\nPrefer: wait=80\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            try await until { pod.posts.count == 1 }
            let id = try #require(pod.posts.first?.taskID)
            #expect(try await backend.call(.head, "/tasks/\(id)/events").status == 429)
            // One more does not wait.
            let other = try await backend.call(.get, "/tasks/\(id)?wait=80")
            #expect(other.status == 200 && other.json["status"] != "done")
            peer.connection.close()
            try await until { try await backend.call(.head, "/tasks/\(id)/events").status == 200 }
            release.signal()
            #expect(try await backend.end(of: id)["status"] == "done")
        }
    }

    @LoopActor @Test func `the list pages from newest to oldest and loses nothing to newcomers`() async throws {
        try await withBackend { backend, _, _ in
            var ids: [String] = []
            for place in 0..<5 {
                ids.append(try await backend.submit(["mode": place == 2 ? "free" : "paint", "prompt": "p"]))
                _ = try await backend.end(of: ids[place])
            }
            func list(_ query: String) async throws -> (ids: [String], cursor: String?) {
                let answer = try await backend.call(.get, "/tasks?\(query)")
                #expect(answer.status == 200)
                for task in answer.json["tasks"]?.array ?? [] { #expect(task["image"] == nil) }
                return (
                    answer.json["tasks"]?.array?.compactMap { $0["task_id"]?.string } ?? [],
                    answer.json["next_cursor"]?.string
                )
            }
            let first = try await list("limit=2")
            #expect(first.ids == [ids[4], ids[3]])
            _ = try await backend.end(of: try await backend.submit())
            let second = try await list("limit=2&cursor=\(try #require(first.cursor))")
            #expect(second.ids == [ids[2], ids[1]])
            let third = try await list("limit=2&cursor=\(try #require(second.cursor))")
            #expect(third.ids == [ids[0]])
            #expect(third.cursor == nil)
            #expect(try await list("mode=free").ids == [ids[2]])
            #expect(try await list("status=failed").ids.isEmpty)
            #expect(try await list("status=done").ids.count == 6)
            for query in ["status=x", "limit=0", "limit=x", "cursor=-1", "cursor=3", "cursor=\(UUID4.make())"] {
                #expect(try await backend.call(.get, "/tasks?\(query)").status == 422)
            }
        }
    }

    // MARK: Cancelling

    @LoopActor @Test func `a queued task is cancelled at once, and never sent`() async throws {
        try await withBackend { backend, pod, _ in
            pod.comfyIsThere = false
            // The second probe after this has seen that ComfyUI is away.
            var id = ""
            try await until {
                id = try await backend.submit()
                return try await backend.task(id)["queue_position"]?.int != nil
            }
            let before = pod.posts.count
            let answer = try await backend.call(.delete, "/tasks/\(id)")
            if answer.status == 200, pod.posts.allSatisfy({ $0.taskID != id }) {
                #expect(answer.json["status"] == "cancelled")
                #expect(try await backend.call(.delete, "/tasks/\(id)").status == 409)
                #expect(pod.posts.count == before)
            } else {
                Issue.record("the task was sent in spite of all")
            }
        }
    }

    @LoopActor @Test func `a running task is interrupted over there`() async throws {
        try await withBackend { backend, pod, _ in
            pod.steps = [.held(LoopEvent())]
            let id = try await backend.submit()
            try await until { try await backend.task(id)["progress"] == 0.5 }
            let answer = try await backend.call(.delete, "/tasks/\(id)")
            #expect(answer.status == 200)
            #expect(answer.json["status"] == "cancelled")
            #expect(pod.cancelled == [id])
            #expect(pod.posts.count == 1)
        }
    }

    @LoopActor @Test func `a cancel during a pause between attempts is heeded`() async throws {
        try await withBackend { backend, pod, _ in
            pod.steps = [.failure(GenerationFailure(.transient, "Out of memory."))]
            let id = try await backend.submit()
            try await until { pod.posts.count == 1 && pod.cancelEvents[id] == nil }
            let answer = try await backend.call(.delete, "/tasks/\(id)")
            #expect(answer.status == 200)
            #expect(answer.json["status"] == "cancelled")
            #expect(pod.posts.count == 1)
        }
    }

    @LoopActor @Test func `a cancel that came too late says so`() async throws {
        try await withBackend { backend, _, _ in
            let id = try await backend.submit()
            _ = try await backend.end(of: id)
            let answer = try await backend.call(.delete, "/tasks/\(id)")
            #expect(answer.status == 409)
            #expect(answer.json["detail"]?.string?.contains("done") == true)
        }
    }

    // MARK: Events

    @LoopActor
    private func events(_ backend: RunningBackend, _ id: String, last: String? = nil) async throws -> [EventStreamReader
        .Event]
    {
        let response = try await backend.send(
            .get, "/tasks/\(id)/events", headers: last.map { [.lastEventID: $0] } ?? [:])
        #expect(response.status == 200)
        #expect(response.headers[.contentType]?.hasPrefix("text/event-stream") == true)
        var reader = EventStreamReader()
        return try reader.feed(try await response.collect())
    }

    @LoopActor @Test func `the stream tells states, progress and previews, and ends with done`() async throws {
        try await withBackend { backend, pod, _ in
            let release = LoopEvent()
            pod.steps = [.held(release)]
            pod.previews = ["cHJldmlldw=="]
            let id = try await backend.submit(["mode": "paint", "prompt": "p", "previews": true])
            async let told = events(backend, id)
            try await until { try await backend.task(id)["progress"] == 0.5 }
            release.signal()
            let all = try await told
            let names = all.map(\.name)
            #expect(names.first == "status")
            #expect(names.last == "done")
            #expect(names.filter { $0 == "done" }.count == 1)
            let preview = try #require(all.first { $0.name == "preview" })
            #expect(try JSON(parsing: Array(preview.data.utf8))["data"] == "cHJldmlldw==")
            let states = try all.filter { $0.name == "status" }.map {
                try JSON(parsing: Array($0.data.utf8))["status"]?.string
            }
            #expect(states.last == "done")
            #expect(all.filter { $0.name == "status" }.compactMap(\.id) == ["1", "2", "3"])
            let done = try #require(all.last?.id)
            let again = try await backend.send(.get, "/tasks/\(id)/events", headers: [.lastEventID: done])
            #expect(again.status == 204)
            let missed = try await events(backend, id, last: "1")
            #expect(missed.map(\.name) == ["status", "status", "done"])
            #expect(missed.map(\.id) == ["2", "3", "4"])
            #expect(try await events(backend, id, last: "3").map(\.name) == ["done"])
        }
    }

    @LoopActor @Test func `a failed task's stream ends with done as well`() async throws {
        try await withBackend { backend, pod, _ in
            pod.steps = [.failure(GenerationFailure(.failed, "The sampler broke."))]
            let id = try await backend.submit()
            let last = try #require(try await events(backend, id).last)
            #expect(last.name == "done")
            let task = try JSON(parsing: Array(last.data.utf8))
            #expect(task["status"] == "failed")
            #expect(task["error"] == "The sampler broke.")
        }
    }
}

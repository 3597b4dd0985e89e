import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

@testable import BackendAPI

/// Each try to come in where one may not, over a real socket.
@Suite struct KeyAttackTests {
    init() { startLoop() }

    private static let body: JSON = ["mode": "paint", "prompt": "a cat"]

    @LoopActor @Test func `where keys are needed nothing but the open pages is there without one`() async throws {
        try await withBackend(settings: ["AUTH": "required"]) { backend, _, folder in
            for path in ["/health", "/docs", "/openapi.json"] {
                #expect(try await backend.call(.get, path).status == 200)
            }
            for path in ["/tasks", "/workflows", "/styles", "/tasks/x/events", "/images/x.png", "/nothing"] {
                let answer = try await backend.call(.get, path)
                #expect(answer.status == 401, "\(path)")
                #expect(answer.headers[.wwwAuthenticate] == "Bearer realm=\"Easel\"")
                #expect(answer.headers[.contentType] == "application/problem+json")
            }
            for path in ["/generate", "/workflows/paint/runs", "/api/generate", "/api/ai/hd-image"] {
                #expect(try await backend.call(.post, path, Self.body).status == 401, "\(path)")
            }
            let key = try await makeKey("app", in: folder)
            #expect(try await backend.generate(Self.body, headers: key).status == 200)
            let bare = try #require(key[.authorization]).dropFirst("Bearer ".count)
            #expect(try await backend.generate(Self.body, headers: [.xAPIKey: String(bare)]).status == 200)
        }
    }

    @LoopActor @Test func `a wrong key is refused, also where none is needed`() async throws {
        try await withBackend { backend, _, folder in
            let right = try await makeKey("app", in: folder)
            let text = try #require(right[.authorization])
            let wrong: [HTTPFields] = [
                [.authorization: text + "0"], [.authorization: String(text.dropLast()) + "g"],
                [.authorization: "Bearer"], [.authorization: "Bearer x"], [.xAPIKey: text], [.xAPIKey: ""],
                right.with(.xAPIKey, "other"),
            ]
            for fields in wrong {
                let answer = try await backend.generate(Self.body, headers: fields)
                #expect(answer.status == 401, "\(fields)")
                #expect(answer.headers[.wwwAuthenticate]?.contains("invalid_token") == true)
                #expect(!answer.json.text.contains("easel_"))
            }
            #expect(try await backend.call(.get, "/tasks").json["tasks"] == [])
            #expect(try await backend.generate(Self.body).status == 200)
            #expect(try await backend.generate(Self.body, headers: right).status == 200)
            #expect(try await backend.call(.get, "/health", headers: wrong[0]).status == 200)
        }
    }

    @LoopActor @Test func `a revoked key opens nothing from the next request on, and none after a restart`()
        async throws
    {
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        var backend = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await backend.untilHealthy()
        let (lost, kept) = (try await makeKey("lost", in: folder), try await makeKey("kept", in: folder))
        pod.steps = [.held(LoopEvent())]
        let id = try await backend.submit(headers: lost)
        let listening = try await backend.send(.get, "/tasks/\(id)/events", headers: lost)
        _ = try await listening.next()
        #expect(try await keys("revoke lost", in: folder)["keys"]?[0]?["revoked_at"]?.string != nil)
        #expect(try await backend.call(.get, "/tasks", headers: lost).status == 401)
        #expect(try await backend.call(.get, "/tasks", headers: kept).status == 200)
        // What it listens to already ends at the next event.
        #expect(try await backend.backend.book.find(id) != nil)
        try await backend.backend.book.find(id)?.changed()
        while try await listening.next() != nil {}
        await backend.stop()
        backend = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await backend.untilHealthy()
        #expect(try await backend.call(.get, "/tasks", headers: lost).status == 401)
        #expect(try await backend.call(.get, "/tasks", headers: kept).status == 200)
        await backend.stop(grace: .zero)
        await pod.kill()
    }

    @LoopActor @Test func `a scope that a key lacks is 403`() async throws {
        try await withBackend(settings: ["AUTH": "required"]) { backend, _, folder in
            let reader = try await makeKey("reader", "--scopes read", in: folder)
            let writer = try await makeKey("writer", "--scopes generate", in: folder)
            let chief = try await makeKey("chief", "--scopes admin", in: folder)
            let refused = try await backend.generate(Self.body, headers: reader)
            #expect(refused.status == 403)
            #expect(refused.headers[.wwwAuthenticate]?.contains("insufficient_scope") == true)
            #expect(try await backend.call(.delete, "/tasks/x", headers: reader).status == 403)
            #expect(try await backend.call(.get, "/tasks", headers: reader).status == 200)
            #expect(try await backend.call(.get, "/tasks", headers: writer).status == 403)
            #expect(try await backend.generate(Self.body, headers: writer).status == 200)
            #expect(try await backend.generate(Self.body, headers: chief).status == 200)
            #expect(try await backend.call(.get, "/tasks", headers: chief).status == 200)
        }
    }

    @LoopActor @Test func `counts are for this machine and for administrators`() async throws {
        try await withBackend(settings: ["AUTH": "required", "TRUSTED_PROXIES": "127.0.0.1"]) { backend, _, folder in
            let outside: HTTPFields = [.xForwardedFor: "203.0.113.5"]
            #expect(try await backend.call(.get, "/metrics").status == 200)
            #expect(try await backend.call(.get, "/metrics", headers: outside).status == 401)
            // A proxy that is not trusted hides who asks.
            let hidden: HTTPFields = [.forwarded: "for=203.0.113.5"]
            #expect(try await backend.call(.get, "/metrics", headers: hidden).status == 401)
            let app = try await makeKey("app", in: folder).with(.xForwardedFor, "203.0.113.5")
            #expect(try await backend.call(.get, "/metrics", headers: app).status == 403)
            let chief = try await makeKey("chief", "--scopes admin", in: folder).with(.xForwardedFor, "203.0.113.5")
            #expect(try await backend.call(.get, "/metrics", headers: chief).status == 200)
        }
    }

    @LoopActor @Test func `without keys the counts are for this machine alone`() async throws {
        try await withBackend(settings: ["AUTH": "off"]) { backend, _, _ in
            #expect(try await backend.call(.get, "/metrics").status == 200)
            for outside in [[.xForwardedFor: "203.0.113.5"], [.forwarded: "for=203.0.113.5"]] as [HTTPFields] {
                let answer = try await backend.call(.get, "/metrics", headers: outside)
                #expect(answer.status == 403 && answer.headers[.contentType] == "application/problem+json")
                #expect(try await backend.call(.get, "/tasks", headers: outside).status == 200)
            }
        }
    }

    // MARK: Others' things

    @LoopActor @Test func `a page's cursor tells nothing of others, and is good for its own key alone`() async throws {
        try await withBackend { backend, _, folder in
            let (mine, theirs) = (try await makeKey("mine", in: folder), try await makeKey("theirs", in: folder))
            let first = try await backend.submit(headers: mine)
            for _ in 0..<3 { _ = try await backend.submit(headers: theirs) }
            let last = try await backend.submit(headers: mine)
            let page = try await backend.call(.get, "/tasks?limit=1", headers: mine).json
            #expect(page["next_cursor"]?.string == last)
            let path = "/tasks?limit=1&cursor=\(last)"
            let next = try await backend.call(.get, path, headers: mine).json
            #expect(next["tasks"]?[0]?["task_id"]?.string == first && next["next_cursor"] == .null)
            let foreign = try await backend.call(.get, path, headers: theirs)
            #expect(foreign.status == 422 && foreign.places == [#"["query","cursor"]"#])
        }
    }

    @LoopActor @Test func `another's task is as unknown as one that never was`() async throws {
        let receiver = try Receiver()
        let settings = WebhookRouteTests.settings
        try await withBackend(settings: settings) { backend, _, folder in
            let mine = try await makeKey("mine", in: folder)
            let theirs = try await makeKey("theirs", in: folder)
            var order = Self.body.object ?? [:]
            order["webhook"] = .string(receiver.url("/hook"))
            let id = try await backend.submit(.object(order), headers: mine)
            _ = try await backend.call(.get, "/tasks/\(id)?wait=60", headers: mine)
            let open = try await backend.submit()
            _ = try await backend.end(of: open)
            let list = try await backend.call(.get, "/tasks/\(id)/webhooks", headers: mine).json["webhooks"]
            let delivery = try #require(list?[0]?["id"]?.string)
            let never = "00000000-0000-4000-8000-000000000000"
            // Without a key one is another as well, and a key does not see what is nobody's.
            let foreign: [(String, HTTPFields)] = [(id, theirs), (id, [:]), (open, mine)]
            for (id, fields) in foreign {
                for (method, path) in [
                    (.get, "/tasks/ID"), (.delete, "/tasks/ID"), (.get, "/tasks/ID/events"),
                    (.get, "/tasks/ID/webhooks"),
                    (.post, "/tasks/ID/webhooks/\(delivery)/resend"), (.get, "/tasks/ID?sign=60"),
                ] as [(HTTPRequest.Method, String)] {
                    let answer = try await backend.call(method, path.replacing("ID", with: id), headers: fields)
                    let unknown = try await backend.call(method, path.replacing("ID", with: never), headers: fields)
                    #expect(answer.status == 404 && answer.bytes == unknown.bytes, "\(method) \(path) \(answer.json)")
                }
            }
            func seen(_ fields: HTTPFields) async throws -> [String] {
                try await backend.call(.get, "/tasks", headers: fields).json["tasks"]?.array?
                    .compactMap { $0["task_id"]?.string } ?? []
            }
            #expect(try await seen(mine) == [id])
            #expect(try await seen(theirs).isEmpty)
            #expect(try await seen([:]) == [open])
            for query in ["status=done", "mode=paint", "status=done&mode=paint&limit=200"] {
                #expect(
                    try await backend.call(.get, "/tasks?\(query)", headers: theirs).json["tasks"] == [], "\(query)")
            }
            #expect(try await backend.call(.get, "/tasks/\(id)", headers: mine).status == 200)
        }
        await receiver.stop()
    }

    @LoopActor @Test func `a running task is not cancelled by another`() async throws {
        try await withBackend { backend, pod, folder in
            let (mine, theirs) = (try await makeKey("mine", in: folder), try await makeKey("theirs", in: folder))
            let release = LoopEvent()
            pod.steps = [.held(release)]
            let id = try await backend.submit(headers: mine)
            try await until { !pod.posts.isEmpty }
            #expect(try await backend.call(.delete, "/tasks/\(id)", headers: theirs).status == 404)
            #expect(try await backend.call(.delete, "/tasks/\(id)").status == 404)
            #expect(pod.cancelled.isEmpty)
            release.signal()
            let end = try await backend.call(.get, "/tasks/\(id)?wait=60", headers: mine)
            #expect(end.json["status"] == "done")
        }
    }

    @LoopActor @Test func `the same Idempotency-Key of another is another's`() async throws {
        try await withBackend { backend, _, folder in
            let (mine, theirs) = (try await makeKey("mine", in: folder), try await makeKey("theirs", in: folder))
            var ids: [String] = []
            let callers: [HTTPFields] = [mine, theirs, [:], mine]
            for fields in callers {
                let answer = try await backend.generate(Self.body, headers: fields.with(.idempotencyKey, "order-1"))
                ids.append(answer.json["task_id"]?.string ?? "")
            }
            #expect(Set(ids).count == 3 && ids[0] == ids[3])
        }
    }

    @LoopActor @Test func `a picture is its maker's, and whoever made the same has it too`() async throws {
        try await withBackend { backend, pod, folder in
            func image(_ fields: HTTPFields) async throws -> String {
                let id = try await backend.submit(headers: fields)
                let task = try await backend.call(.get, "/tasks/\(id)?wait=60", headers: fields).json
                return try #require(task["images"]?[0]?.string)
            }
            // From before there was a key.
            let early = try await image([:])
            #expect(try await backend.call(.get, early).status == 200)
            let (mine, theirs) = (try await makeKey("mine", in: folder), try await makeKey("theirs", in: folder))
            pod.results = [(try Samples.png(seed: 5), "image/png")]
            let path = try await image(mine)
            #expect(path != early)
            let others: [HTTPFields] = [theirs, [:]]
            for fields in others {
                let answer = try await backend.call(.get, path, headers: fields)
                let never = try await backend.call(.get, "/images/nothing.png", headers: fields)
                #expect(answer.status == 404 && answer.bytes == never.bytes)
                #expect(try await backend.call(.head, path, headers: fields).status == 404)
                let tag = fields.with(.ifNoneMatch, "*")
                #expect(try await backend.call(.get, path, headers: tag).status == 404)
            }
            #expect(try await backend.call(.get, early, headers: mine).status == 404)
            #expect(try await backend.call(.get, early).status == 200)
            #expect(try await backend.call(.get, path, headers: mine).status == 200)
            #expect(try await image(theirs) == path)
            #expect(try await backend.call(.get, path, headers: theirs).status == 200)
        }
    }

    // MARK: Signed URLs

    @LoopActor @Test func `a signed URL shows its picture without a key until its time is over`() async throws {
        let time = TurnedClock()
        try await withBackend(settings: ["AUTH": "required"], clock: time.clock) { backend, pod, folder in
            let key = try await makeKey("app", in: folder)
            let id = try await backend.submit(headers: key)
            let task = try await backend.call(.get, "/tasks/\(id)?wait=60", headers: key).json
            let plain = try #require(task["images"]?[0]?.string)
            let answer = try await backend.call(.get, "/tasks/\(id)?sign=600", headers: key).json
            let signed = try #require(answer["images"]?[0]?.string)
            #expect(signed.hasPrefix(plain + "?expires="))
            #expect(try await backend.call(.get, plain).status == 401)
            let shown = try await backend.call(.get, signed)
            #expect(shown.status == 200 && shown.bytes == pod.results[0].bytes)
            #expect(try await backend.call(.head, signed).status == 200)
            // The same in lists and at the end of the events.
            let listed = try await backend.call(.get, "/tasks?sign=600", headers: key).json["tasks"]
            #expect(listed?[0]?["images"]?[0]?.string?.contains("&signature=") == true)
            let events = try await backend.call(.get, "/tasks/\(id)/events?sign=600", headers: key)
            #expect(String(decoding: events.bytes, as: UTF8.self).contains("&signature="))

            for altered in [
                signed.replacing("expires=", with: "expires=9"), String(signed.dropLast()), signed + "0",
                signed.replacing("/images/", with: "/images/0"), plain + "?signature=", plain + "?expires=99999999999",
                signed.replacing("signature=", with: "signature=0"),
            ] {
                let answer = try await backend.call(.get, altered)
                #expect([401, 403].contains(answer.status), "\(altered)")
            }
            // It opens nothing else.
            let query = signed.split(separator: "?")[1]
            #expect(try await backend.call(.get, "/tasks?\(query)").status == 401)
            #expect(try await backend.call(.get, "/images/x.png?\(query)").status == 403)
            #expect(try await backend.call(.post, "/generate?\(query)", Self.body).status == 401)

            time.turn(.seconds(500))
            #expect(try await backend.call(.get, signed).status == 200)
            time.turn(.seconds(200))
            let late = try await backend.call(.get, signed)
            #expect(late.status == 403 && late.headers[.contentType] == "application/problem+json")
            // With a key it is as good as the plain one.
            #expect(try await backend.call(.get, signed, headers: key).status == 200)
            #expect(try await backend.call(.get, plain, headers: key).status == 200)
            for wrong in ["0", "-1", "x", "604801"] {
                #expect(try await backend.call(.get, "/tasks/\(id)?sign=\(wrong)", headers: key).status == 422)
            }
        }
    }

    @LoopActor @Test func `signed URLs live over a restart, and are of no use at another backend`() async throws {
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        var backend = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await backend.untilHealthy()
        let id = try await backend.submit()
        _ = try await backend.end(of: id)
        let signed = try #require(try await backend.call(.get, "/tasks/\(id)?sign=600").json["images"]?[0]?.string)
        await backend.stop()
        backend = try await RunningBackend(folder: folder.path, pods: [pod.url], settings: ["AUTH": "required"])
        #expect(try await backend.call(.get, signed).status == 200)
        await backend.stop()
        await pod.kill()
        try await withBackend { other, _, _ in
            let answer = try await other.call(.get, signed)
            #expect(answer.status == 403)
        }
    }

    @LoopActor @Test func `without a door keys are not looked at, and theirs stays theirs`() async throws {
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        var backend = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await backend.untilHealthy()
        let key = try await makeKey("app", in: folder)
        let id = try await backend.submit(headers: key)
        await backend.stop()
        backend = try await RunningBackend(folder: folder.path, pods: [pod.url], settings: ["AUTH": "off"])
        #expect(try await backend.call(.get, "/tasks", headers: [.authorization: "Bearer wrong"]).status == 200)
        #expect(try await backend.call(.get, "/tasks/\(id)").status == 404)
        await backend.stop(grace: .zero)
        await pod.kill()
    }

    @LoopActor @Test func `the key of the portraits is no key of the API`() async throws {
        try await withBackend(settings: ["SERVER_API_KEY": "geheim", "AUTH": "required"]) { backend, _, folder in
            let key = try await makeKey("app", in: folder)
            #expect(try await backend.call(.get, "/tasks", headers: [.xAPIKey: "geheim"]).status == 401)
            #expect(try await backend.call(.post, "/api/generate", [:], headers: [.xAPIKey: "geheim"]).status == 401)
            #expect(try await backend.call(.post, "/api/generate", [:], headers: key).status == 403)
            let both = key.with(.xAPIKey, "geheim")
            #expect(try await backend.call(.post, "/api/generate", [:], headers: both).status == 422)
        }
    }
}

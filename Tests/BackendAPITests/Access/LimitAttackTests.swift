import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

@testable import BackendAPI

/// Who asks too often, or in somebody else's name, over a real socket.
@Suite struct LimitAttackTests {
    init() { startLoop() }

    private static let body: JSON = ["mode": "paint", "prompt": "a cat"]

    @LoopActor @Test func `too many requests are 429 until their time has come`() async throws {
        let time = TurnedClock()
        try await withBackend(settings: ["RATE_LIMIT": "3/min"], clock: time.clock) { backend, _, folder in
            for left in [2, 1, 0] {
                let answer = try await backend.call(.get, "/tasks")
                #expect(answer.status == 200)
                #expect(answer.headers[.rateLimitPolicy] == "\"requests\";q=3;w=60")
                #expect(answer.headers[.rateLimit] == "\"requests\";r=\(left);t=\((3 - left) * 20)")
            }
            let refused = try await backend.generate(Self.body)
            #expect(refused.status == 429 && refused.headers[.retryAfter] == "20")
            #expect(refused.headers[.rateLimit] == "\"requests\";r=0;t=60")
            #expect(refused.json["code"] == 2002 && refused.headers[.contentType] == "application/problem+json")
            // The health is asked all the time, and a key has a bucket of its own.
            for _ in 0..<10 { #expect(try await backend.call(.get, "/health").status == 200) }
            let key = try await makeKey("app", in: folder)
            #expect(try await backend.call(.get, "/tasks", headers: key).status == 200)
            time.turn(.seconds(19))
            #expect(try await backend.call(.get, "/tasks").status == 429)
            time.turn(.seconds(1))
            let back = try await backend.call(.get, "/tasks/x")
            #expect(back.status == 404 && back.headers[.rateLimit] == "\"requests\";r=0;t=60")
            #expect(try await backend.call(.get, "/tasks").status == 429)
        }
    }

    @LoopActor @Test func `guessing keys is counted too`() async throws {
        try await withBackend(settings: ["RATE_LIMIT": "5/min"], clock: TurnedClock().clock) { backend, _, _ in
            var statuses: [Int] = []
            for guess in 0..<7 {
                let fields: HTTPFields = [.authorization: "Bearer \(guess)"]
                let answer = try await backend.call(.get, "/tasks", headers: fields)
                statuses.append(answer.status)
                #expect((answer.headers[.retryAfter] != nil) == (answer.status == 429))
                #expect(answer.headers[.rateLimit]?.hasPrefix("\"requests\";r=\(max(0, 4 - guess));") == true)
            }
            #expect(statuses == [401, 401, 401, 401, 401, 429, 429])
        }
    }

    @LoopActor @Test func `a key has limits of its own`() async throws {
        let time = TurnedClock()
        try await withBackend(settings: ["RATE_LIMIT": "1/min"], clock: time.clock) { backend, _, folder in
            let (free, slow) = (
                try await makeKey("free", "--rate off", in: folder),
                try await makeKey("slow", "--rate 2/min", in: folder)
            )
            for _ in 0..<5 {
                let answer = try await backend.call(.get, "/tasks", headers: free)
                #expect(answer.status == 200 && answer.headers[.rateLimit] == nil)
            }
            #expect(try await backend.call(.get, "/tasks", headers: slow).status == 200)
            #expect(try await backend.call(.get, "/tasks", headers: slow).status == 200)
            #expect(try await backend.call(.get, "/tasks", headers: slow).status == 429)
        }
    }

    @LoopActor @Test func `who is no trusted proxy speaks for nobody else`() async throws {
        try await withBackend(settings: ["RATE_LIMIT": "2/min"], clock: TurnedClock().clock) { backend, _, _ in
            var statuses: [Int] = []
            for number in 1...4 {
                let spoofed: HTTPFields = [.xForwardedFor: "203.0.113.\(number)"]
                statuses.append(try await backend.call(.get, "/tasks", headers: spoofed).status)
            }
            #expect(statuses == [200, 200, 429, 429])
        }
    }

    @LoopActor @Test func `behind a trusted proxy each client is itself, whatever it writes`() async throws {
        let settings = ["RATE_LIMIT": "2/min", "TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8"]
        try await withBackend(settings: settings, clock: TurnedClock().clock) { backend, _, _ in
            let requests: [(forwarded: String, status: Int)] = [
                ("203.0.113.1", 200), ("1.1.1.1, 203.0.113.1", 200), ("2.2.2.2, 203.0.113.1, 10.0.0.7", 429),
                ("203.0.113.2", 200),
                // One host of IPv6 has as many addresses as it likes.
                ("2001:db8:1:2::1", 200), ("2001:db8:1:2:ffff::2", 200), ("2001:db8:1:2::3", 429),
                ("2001:db8:1:3::1", 200),
            ]
            for request in requests {
                let fields: HTTPFields = [.xForwardedFor: request.forwarded]
                let answer = try await backend.call(.get, "/tasks", headers: fields)
                #expect(answer.status == request.status, "\(request)")
            }
        }
    }

    @LoopActor @Test func `a key has so many tasks at a time`() async throws {
        try await withBackend { backend, pod, folder in
            let key = try await makeKey("app", "--tasks 2", in: folder)
            let release = LoopEvent()
            pod.steps = [.held(release)]
            let first = try await backend.submit(headers: key)
            let again = key.with(.idempotencyKey, "one")
            let second = try await backend.submit(headers: again)
            let refused = try await backend.generate(Self.body, headers: key)
            #expect(refused.status == 429 && refused.headers[.retryAfter] != nil)
            #expect(refused.json["detail"]?.string?.contains("2 of your tasks") == true)
            #expect(try await backend.generate(Self.body).status == 200)
            // What is there already is no new one.
            #expect(try await backend.generate(Self.body, headers: again).json["task_id"]?.string == second)
            release.signal()
            for id in [first, second] {
                #expect(try await backend.call(.get, "/tasks/\(id)?wait=60", headers: key).json["status"] == "done")
            }
            #expect(try await backend.generate(Self.body, headers: key).status == 200)
        }
    }

    @LoopActor @Test func `unended tasks count over a restart`() async throws {
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        var backend = try await RunningBackend(folder: folder.path, pods: [pod.url])
        try await backend.untilHealthy()
        let key = try await makeKey("app", "--tasks 1", in: folder)
        pod.steps = [.held(LoopEvent())]
        _ = try await backend.submit(headers: key)
        await backend.stop(grace: .zero)
        await pod.kill()
        backend = try await RunningBackend(folder: folder.path, pods: [pod.url])
        #expect(try await backend.generate(Self.body, headers: key).status == 429)
        await backend.stop(grace: .zero)
    }

    @LoopActor @Test func `bytes are counted, announced or not`() async throws {
        let time = TurnedClock()
        try await withBackend(clock: time.clock) { backend, _, folder in
            let key = try await makeKey("app", "--megabytes 1/min", in: folder)
            let large: JSON = [
                "mode": "paint", "prompt": "a cat", "x": .string(String(repeating: "a", count: 600_000)),
            ]
            let first = try await backend.generate(large, headers: key)
            #expect(first.status == 200)
            #expect(first.headers[.rateLimitPolicy] == "\"bytes\";q=1048576;qu=\"content-bytes\";w=60")
            let second = try await backend.generate(large, headers: key)
            #expect(second.status == 429 && second.headers[.retryAfter] != nil)
            #expect(second.json["detail"]?.string?.contains("bytes") == true)
            time.turn(.seconds(60))
            // Chunked: nobody knows how long it is until it is there.
            for _ in 0..<2 {
                var pieces = [large.serialized()]
                let body = ClientRequest.Body.stream(length: nil) { pieces.popLast() }
                let answer = try await backend.send(.post, "/generate", body: body, headers: key)
                #expect(answer.status == 200)
            }
            #expect(try await backend.call(.get, "/tasks", headers: key).status == 429)
            #expect(try await backend.call(.get, "/tasks").status == 200)
        }
    }

    /// More than a body may have is never read, so that it is not owed either.
    @LoopActor @Test func `a length that is only said costs no more than the largest body`() async throws {
        let time = TurnedClock()
        try await withBackend(settings: ["BYTE_LIMIT": "1/min", "MAX_BODY_MB": "4"], clock: time.clock) {
            backend, _, _ in
            let peer = try await RawPeer.connect(port: backend.backend.port)
            try await peer.send("POST /generate HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999999999\r\n\r\n")
            let answer = try await peer.answer()
            #expect(answer?.statusLine.contains("413") == true)
            peer.connection.close()
            #expect(try await backend.generate(Self.body).status == 429)
            time.turn(.seconds(5 * 60))
            #expect(try await backend.generate(Self.body).status == 200)
        }
    }

    @LoopActor @Test func `portraits tell it in their own words`() async throws {
        try await withProducts(["RATE_LIMIT": "1/min"]) { bench in
            _ = try await bench.backend.call(.get, "/tasks")
            let answer = try await bench.backend.call(.post, "/api/generate", try PortraitTests.body())
            #expect(answer.status == 429 && answer.json["error"]?["code"] == 2002)
            #expect(answer.headers[.retryAfter] != nil && answer.headers[.rateLimit] != nil)
        }
    }

    // MARK: Pages of other origins

    @LoopActor @Test func `a page of a foreign origin gets nothing to read`() async throws {
        let settings = ["CORS_ORIGINS": "https://app.example", "AUTH": "required"]
        try await withBackend(settings: settings) { backend, _, _ in
            let allowOrigin = HTTPField.Name.accessControlAllowOrigin
            for origin in [
                "https://evil.example", "https://app.example.evil.example", "http://app.example",
                "https://app.example:444", "https://APP.example", "null", "https://evil.app.example",
            ] {
                let answer = try await backend.call(.get, "/health", headers: [.origin: origin])
                #expect(answer.headers[allowOrigin] == nil, "\(origin)")
                #expect(answer.headers[.vary] == "Origin")
                let preflight = try await backend.call(
                    .options, "/generate", headers: [.origin: origin, .accessControlRequestMethod: "POST"])
                #expect(preflight.headers[allowOrigin] == nil)
                #expect(preflight.headers[.accessControlAllowMethods] == nil)
            }
            let own: HTTPFields = [.origin: "https://app.example"]
            // What is refused is told as well, and the preflight, which brings no key, is answered.
            for path in ["/health", "/tasks", "/nothing"] {
                let answer = try await backend.call(.get, path, headers: own)
                #expect(answer.headers[allowOrigin] == "https://app.example")
                #expect(answer.headers[.accessControlAllowCredentials] == nil)
            }
            let preflight = try await backend.call(
                .options, "/generate",
                headers: own.with(.accessControlRequestMethod, "POST")
                    .with(.accessControlRequestHeaders, "authorization,idempotency-key"))
            #expect(preflight.status == 204 && preflight.bytes.isEmpty)
            #expect(preflight.headers[allowOrigin] == "https://app.example")
            #expect(preflight.headers[.accessControlAllowHeaders] == "authorization,idempotency-key")
            #expect(preflight.headers[.accessControlMaxAge].flatMap { Int($0) } ?? 0 >= 600)
            #expect(preflight.headers[.vary]?.contains("Access-Control-Request-Headers") == true)
        }
    }

    @LoopActor @Test func `as it comes no other origin may read anything, and a wildcard has no credentials`()
        async throws
    {
        let own: HTTPFields = [.origin: "https://app.example"]
        try await withBackend { backend, _, _ in
            let answer = try await backend.call(.get, "/health", headers: own)
            #expect(answer.headers[.accessControlAllowOrigin] == nil && answer.headers[.vary] == nil)
        }
        try await withBackend(settings: ["CORS_ORIGINS": "*"]) { backend, _, _ in
            let answer = try await backend.call(.get, "/health", headers: own)
            #expect(answer.headers[.accessControlAllowOrigin] == "*" && answer.headers[.vary] == nil)
            #expect(answer.headers[.accessControlAllowCredentials] == nil)
        }
    }

    @LoopActor @Test func `the page cannot be framed, guessed at or made to call another host`() async throws {
        try await withBackend { backend, _, _ in
            let page = try await backend.call(.get, "/docs")
            let policy = try #require(page.headers[.contentSecurityPolicy])
            for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"] {
                #expect(policy.contains(part))
            }
            #expect(!policy.contains("http") && !policy.contains("*"))
            #expect(page.headers[.xContentTypeOptions] == "nosniff")
            #expect(page.headers[.referrerPolicy] == "no-referrer")
        }
    }
}

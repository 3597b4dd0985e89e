import GRDB
import HTTP
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@testable import BackendAPI

/// Addresses of pictures that come signed without being asked for, over a real socket: a webhook's receiver and a page's
/// `<img>` have no key.
@Suite struct SignedAddressTests {
    init() { startLoop() }

    private static let required = WebhookRouteTests.settings.merging(["AUTH": "required"]) { $1 }

    @LoopActor
    private func told(
        _ receiver: Receiver, _ backend: RunningBackend, _ key: HTTPFields = [:]
    ) async throws -> (id: String, image: String) {
        let count = receiver.calls.count
        let body: JSON = [
            "mode": "paint", "prompt": "a cat", "webhook": .string(receiver.url()), "webhook_events": ["done"],
        ]
        let id = try await backend.submit(body, headers: key)
        try await until { receiver.calls.count > count }
        return (id, try image(receiver))
    }

    @LoopActor
    private func image(_ receiver: Receiver) throws -> String {
        let call = try #require(receiver.calls.last)
        #expect(call.isSigned(with: Receiver.key))
        return try #require(call.json["data"]?["images"]?[0]?.string)
    }

    @LoopActor @Test func `who is told by webhook can show the picture without a key, until its time is over`()
        async throws
    {
        let (time, receiver) = (TurnedClock(), try Receiver())
        try await withBackend(settings: Self.required, clock: time.clock) { backend, pod, folder in
            let key = try await makeKey("app", in: folder)
            let other = try await makeKey("other", in: folder)
            let (_, signed) = try await told(receiver, backend, key)
            let plain = String(signed.prefix { $0 != "?" })
            let shown = try await backend.call(.get, signed)
            #expect(shown.status == 200 && shown.bytes == pod.results[0].bytes)
            #expect(try await backend.call(.get, plain).status == 401)
            #expect(try await backend.call(.get, signed.replacing("expires=", with: "expires=9")).status == 403)
            #expect(try await backend.call(.get, String(signed.dropLast()) + "g").status == 403)

            // Another's opens its own picture alone.
            pod.results = [(try Samples.png(seed: 7), "image/png")]
            let (_, theirs) = try await told(receiver, backend, other)
            #expect(try await backend.call(.get, theirs).bytes == pod.results[0].bytes)
            let query = try #require(theirs.split(separator: "?").last)
            #expect(try await backend.call(.get, "\(plain)?\(query)").status == 403)
            #expect(try await backend.call(.get, "/tasks?\(query)").status == 401)

            time.turn(.seconds(24 * 3600 - 60))
            #expect(try await backend.call(.get, signed).status == 200)
            time.turn(.seconds(120))
            let late = try await backend.call(.get, signed)
            #expect(late.status == 403 && late.headers[.contentType] == "application/problem+json")
            // Who has a key is not worse off for having kept the signed one.
            #expect(try await backend.call(.get, signed, headers: key).status == 200)
            #expect(try await backend.call(.get, signed, headers: other).status == 404)
            #expect(try await backend.call(.get, signed, headers: [.xAPIKey: "wrong"]).status == 401)
        }
        await receiver.stop()
    }

    @LoopActor @Test func `a webhook that is sent again has an address of that day, and none lies on the disk`()
        async throws
    {
        let (time, receiver) = (TurnedClock(), try Receiver())
        try await withBackend(settings: Self.required, clock: time.clock) { backend, _, folder in
            let key = try await makeKey("app", in: folder)
            let (id, first) = try await told(receiver, backend, key)
            var list: JSON?
            try await until {
                list = try await backend.call(.get, "/tasks/\(id)/webhooks", headers: key).json["webhooks"]
                return list?[0]?["state"] == "delivered"
            }
            time.turn(.seconds(25 * 3600))
            #expect(try await backend.call(.get, first).status == 403)
            let delivery = try #require(list?[0]?["id"]?.string)
            let path = "/tasks/\(id)/webhooks/\(delivery)/resend"
            #expect(try await backend.call(.post, path, headers: key).status == 202)
            try await until { receiver.calls.count == 2 }
            #expect(receiver.calls.map(\.id) == [delivery, delivery])
            #expect(try await backend.call(.get, try image(receiver)).status == 200)
            await backend.stop(grace: .zero)
            let queue = try DatabaseQueue(path: folder.path + "/easel.db")
            let body = try await queue.read { try String.fetchOne($0, sql: "SELECT body FROM webhook_deliveries") }
            #expect(body?.contains("\"/images/") == true && body?.contains("signature") == false)
            try queue.close()
        }
        await receiver.stop()
    }

    @LoopActor @Test func `where no key is needed for a picture its address is plain`() async throws {
        let receiver = try Receiver()
        try await withBackend(settings: WebhookRouteTests.settings) { backend, _, folder in
            #expect(try await told(receiver, backend).image.contains("?") == false)
            let key = try await makeKey("app", in: folder)
            let signed = try await told(receiver, backend, key).image
            #expect(try await backend.call(.get, signed).status == 200)
            #expect(signed.contains("?expires="))
        }
        let unsigned = Self.required.merging(["SIGNED_URL_TTL": "0"]) { $1 }
        try await withBackend(settings: unsigned) { backend, _, folder in
            let key = try await makeKey("app", in: folder)
            let plain = try await told(receiver, backend, key).image
            #expect(!plain.contains("?"))
            #expect(try await backend.call(.get, plain, headers: key).status == 200)
        }
        await receiver.stop()
    }

    @LoopActor @Test func `a portrait of a key can be shown without it`() async throws {
        try await withProducts { bench in
            let backend = bench.backend
            func portrait(_ query: String, _ key: HTTPFields) async throws -> String {
                let answer = try await backend.call(
                    .post, "/api/generate\(query)", try PortraitTests.body(), headers: key)
                return try #require(answer.json["image_url"]?.string, "\(answer.json)")
            }
            let key = try await makeKey("app", in: bench.folder)
            #expect(try await !portrait("", [:]).contains("?"))
            #expect(try await portrait("?sign=60", [:]).contains("?expires="))
            let now = TaskBook.now() / 1000
            for (query, seconds) in [("", 86_400), ("?sign=600", 600)] as [(String, Int64)] {
                let signed = try await portrait(query, key)
                #expect(try await backend.call(.get, signed).status == 200)
                let end = signed.firstMatch(of: /expires=([0-9]+)/).flatMap { Int64($0.1) } ?? 0
                #expect(end >= now + seconds && end < now + seconds + 300)
            }
            let posts = bench.pod.posts.count
            let wrong = try await backend.call(
                .post, "/api/generate?sign=604801", try PortraitTests.body(), headers: key)
            #expect(wrong.status == 422 && wrong.places == [#"["query","sign"]"#])
            #expect(bench.pod.posts.count == posts)
        }
    }
}

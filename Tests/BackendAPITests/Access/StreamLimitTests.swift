import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

@testable import BackendAPI

/// Who has too many event streams open, over a real socket.
@Suite struct StreamLimitTests {
    init() { startLoop() }

    /// A task that runs until the event.
    @LoopActor
    private func held(
        _ release: LoopEvent, _ backend: RunningBackend, _ pod: ScriptedGPUService, _ key: HTTPFields = [:]
    ) async throws -> String {
        pod.steps.append(.held(release))
        return try await backend.submit(headers: key)
    }

    @LoopActor
    private func open(_ id: String, _ backend: RunningBackend, _ key: HTTPFields = [:]) async throws -> ClientResponse {
        let stream = try await backend.send(.get, "/tasks/\(id)/events", headers: key)
        #expect(stream.status == 200)
        _ = try await stream.next()
        return stream
    }

    @LoopActor @Test func `one stream too many is 429, until another has closed`() async throws {
        try await withBackend(settings: ["MAX_CLIENT_STREAMS": "2"]) { backend, pod, folder in
            let release = LoopEvent()
            let id = try await held(release, backend, pod)
            let path = "/tasks/\(id)/events"
            let first = try await open(id, backend)
            var second: ClientResponse? = try await open(id, backend)
            let refused = try await backend.call(.get, path)
            #expect(refused.status == 429 && refused.headers[.retryAfter] == "15")
            #expect(refused.json["code"] == 2002 && refused.headers[.contentType] == "application/problem+json")
            #expect(refused.json["detail"]?.string?.contains("2 of your event streams") == true)
            // Only streams count, and a key is another client, with a limit of its own.
            #expect(try await backend.call(.get, "/tasks/\(id)").status == 200)
            let key = try await makeKey("app", "--streams 1", in: folder)
            let own = try await held(release, backend, pod, key)
            let third = try await open(own, backend, key)
            #expect(try await backend.call(.get, "/tasks/\(own)/events", headers: key).status == 429)
            // What nobody may see is no stream.
            #expect(try await backend.call(.get, path, headers: key).status == 404)

            withExtendedLifetime(second) {}
            second = nil
            var again: ClientResponse?
            try await until {
                again = try await backend.send(.get, path)
                return again?.status == 200
            }
            #expect(try await backend.call(.get, path).status == 429)
            release.signal()
            for stream in [first, again, third] { while try await stream?.next() != nil {} }
            for _ in 0..<5 {
                #expect(try await backend.call(.get, path).status == 200)
                #expect(try await backend.call(.get, "/tasks/\(own)/events", headers: key).status == 200)
            }
        }
    }

    @LoopActor @Test func `a stream that never begins is not counted on`() async throws {
        try await withBackend(settings: ["MAX_CLIENT_STREAMS": "1"]) { backend, pod, _ in
            let release = LoopEvent()
            let id = try await held(release, backend, pod)
            for _ in 0..<3 { #expect(try await backend.call(.head, "/tasks/\(id)/events").status == 200) }
            let stream = try await open(id, backend)
            #expect(try await backend.call(.head, "/tasks/\(id)/events").status == 429)
            release.signal()
            while try await stream.next() != nil {}
        }
    }

    @LoopActor @Test func `as it comes there is no limit`() async throws {
        try await withBackend { backend, pod, _ in
            let release = LoopEvent()
            let id = try await held(release, backend, pod)
            var streams: [ClientResponse] = []
            for _ in 0..<20 { streams.append(try await open(id, backend)) }
            release.signal()
            for stream in streams { while try await stream.next() != nil {} }
        }
    }
}

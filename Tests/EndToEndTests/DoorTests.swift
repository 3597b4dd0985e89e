import Foundation
import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

/// The real backend against those who mean it harm, or do it: each attack ends in a refusal, and others are served.
@Suite struct DoorTests {
    init() { startLoop() }

    /// One backend with its GPU service, and no ComfyUI.
    @LoopActor private func withEasel(
        _ settings: [String: String] = [:], _ body: @LoopActor (Installation) async throws -> Void
    ) async throws {
        let easel = try Installation()
        easel.environment = settings
        let started = try await easel.startup()
        #expect(started.status == 0, "\(started.output)")
        try await easel.untilHealthy()
        try await body(easel)
        #expect(try await easel.call(.get, "/health").status == 200)
        await easel.remove()
    }

    @LoopActor private func answer(_ easel: Installation, _ text: String) async throws -> RawAnswer? {
        let peer = try await RawPeer.connect(port: easel.ports.backend)
        defer { peer.close() }
        // It may be refused, and the connection closed, before all of it is sent.
        try? await peer.send(text)
        return try await peer.answer()
    }

    @Test(arguments: [
        "Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nContent-Length: 40", "Content-Length: +4", "Content-Length: 4, 4",
        "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Content-Length:\u{b}4",
    ])
    @LoopActor func `a request of two lengths is refused, and nothing in it is taken for a second one`(
        _ fields: String
    ) async throws {
        try await withEasel { easel in
            let peer = try await RawPeer.connect(port: easel.ports.backend)
            defer { peer.close() }
            try await peer.send(
                "POST /generate HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n"
                    + "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
            let first = try #require(try await peer.answer())
            #expect([400, 501].contains(first.status))
            #expect(first.closes)
            #expect(try await peer.line() == nil, "nothing comes after the refusal")
            #expect(!easel.log("backend").contains("smuggled"))
        }
    }

    @Test @LoopActor func `oversized everything is refused by size`() async throws {
        try await withEasel(["MAX_BODY_SIZE_MB": "1"]) { easel in
            let host = "HTTP/1.1\r\nHost: x\r\n"
            let long = String(repeating: "a", count: 100_000)
            for (request, statuses) in [
                ("GET /\(long) \(host)\r\n", [414, 431]), ("GET / \(host)X-Long: \(long)\r\n\r\n", [431]),
                ("GET / \(host)" + (0..<500).map { "X-\($0): 1\r\n" }.joined() + "\r\n", [431]),
                ("POST /generate \(host)Content-Length: 99999999999\r\n\r\n", [413]),
                ("POST /generate \(host)Content-Length: 99999999999999999999999\r\n\r\n", [400, 413]),
                ("POST /generate \(host)Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n", [400, 413]),
            ] {
                let answer = try #require(try await answer(easel, request))
                #expect(statuses.contains(answer.status), "\(request.prefix(40)): \(answer.status)")
            }
            let nested = String(repeating: "[", count: 400_000)
            let parts = (0..<5000).map { "--b\r\nContent-Disposition: form-data; name=\"p\($0)\"\r\n\r\n1\r\n" }
                .joined()
            for (type, body) in [
                ("application/json", nested),
                ("application/json", "{\"mode\":\(String(repeating: "9", count: 400_000))}"),
                ("multipart/form-data; boundary=b", parts + "--b--\r\n"),
                ("multipart/form-data; boundary=\(String(repeating: "b", count: 9000))", "--b"),
            ] {
                let answer = try #require(
                    try await answer(
                        easel,
                        "POST /generate \(host)Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                    ))
                #expect((400..<500).contains(answer.status), "\(type.prefix(30)): \(answer.status)")
            }
        }
    }

    @Test @LoopActor func `a byte a second gets nobody far, and holds nobody up`() async throws {
        try await withEasel { easel in
            let slow = try await RawPeer.connect(port: easel.ports.backend)
            defer { slow.close() }
            var sent = 0
            var refusal: RawAnswer?
            // The service gives a head ten seconds; the answer is what ends this.
            let reading = Task(executorPreference: EventLoop.shared) { try await slow.answer() }
            for byte in "GET /health HTTP/1.1\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".utf8 {
                guard (try? await slow.send([byte])) != nil else { break }
                sent += 1
                #expect(try await easel.call(.get, "/health").status == 200)
                if let answer = try await finished(reading, within: .seconds(1)) {
                    refusal = answer
                    break
                }
            }
            #expect(refusal?.status == 408)
            #expect(sent < 60)
        }
    }

    /// What a task has come to, if it comes to something in time.
    @LoopActor private func finished(
        _ task: Task<RawAnswer?, any Error>, within limit: Duration
    ) async throws -> RawAnswer? {
        do {
            return try await withDeadline(limit) { try await task.value }
        } catch is DeadlineExceeded { return nil }
    }

    @Test @LoopActor func `ten thousand idle connections cost little, and are let go`() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // Where the machine allows fewer descriptors, as many as it does.
        let count = min(10_000, (Int(clamping: limit.rlim_cur) - 500) / 2)
        try await withEasel { easel in
            let before = try await figures(easel)
            var idle: [TCPConnection] = []
            // Those that waited too long on a slow machine were let go, and are replaced.
            try await until("all are there") {
                let missing = count - Int(try await figures(easel)["http_connections"] ?? 0)
                guard missing > 0, idle.count < 2 * count else { return missing <= 0 }
                idle += try await connections(min(missing, 500), to: easel)
                return false
            }
            let during = try await figures(easel)
            let memory = (during["process_resident_memory_bytes"] ?? 0) - (before["process_resident_memory_bytes"] ?? 0)
            #expect(memory / Double(count) < 32_768, "\(memory / Double(count)) bytes each")
            for connection in idle { connection.close() }
            try await until("all are gone") {
                try await figures(easel)["process_open_fds"] ?? .infinity <= (before["process_open_fds"] ?? 0) + 5
            }
        }
    }

    /// A name is looked up when it is used: a picture's at once, a webhook's when there is something to tell.
    @Test @LoopActor func `a name that leads into this network is refused where it is looked up`() async throws {
        try await withEasel(["WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]) { easel in
            let picture = try await easel.call(
                .post, "/generate", ["mode": "image_transform", "target_image": "https://localhost/a.png"])
            #expect(picture.status == 422, "\(picture.text)")
            let listener = try TCPListener(host: "127.0.0.1", port: 0)
            let id = try await easel.submit([
                "mode": "free", "prompt": "a", "webhook": .string("https://localhost:\(listener.port)/hook"),
            ])
            #expect(try await easel.call(.delete, "/tasks/\(id)").status == 200)
            try await until("the delivery was tried") {
                try await easel.call(.get, "/tasks/\(id)/webhooks").json["webhooks"]?[0]?["tries"]?.int ?? 0 > 0
            }
            listener.close()
            for await _ in listener.connections { Issue.record("somebody connected") }
        }
    }

    @LoopActor private func connections(_ count: Int, to easel: Installation) async throws -> [TCPConnection] {
        let port = easel.ports.backend
        let connecting = (0..<count).map { _ in
            Task(executorPreference: EventLoop.shared) {
                try await TCPConnection.connect(host: "127.0.0.1", port: port, timeout: .seconds(60))
            }
        }
        var open: [TCPConnection] = []
        for task in connecting { open.append(try await task.value) }
        return open
    }

    @LoopActor private func figures(_ easel: Installation) async throws -> [String: Double] {
        var figures: [String: Double] = [:]
        for line in try await easel.call(.get, "/metrics").text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            if parts.count == 2 { figures[String(parts[0])] = Double(parts[1]) }
        }
        return figures
    }

    @Test(arguments: [
        "https://127.0.0.1/a.png", "https://169.254.169.254/latest/meta-data", "https://[::1]/a.png",
        "https://[::ffff:10.0.0.1]/a.png", "https://0x7f000001/a.png",
        "https://2130706433/a.png",
    ])
    @LoopActor func `a picture or a webhook at an address of this network is refused`(_ url: String) async throws {
        try await withEasel(["WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]) { easel in
            for body in [
                ["mode": "image_transform", "target_image": .string(url)],
                ["mode": "free", "prompt": "a", "webhook": .string(url)],
            ] as [JSON] {
                let answer = try await easel.call(.post, "/generate", body)
                #expect(answer.status == 422, "\(url): \(answer.text)")
            }
            #expect(try await easel.call(.get, "/tasks").json["tasks"] == [])
        }
    }
}

import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Outbound
import TestSupport
import Testing

@testable import BackendAPI

/// Pictures that a request names by URL.
@Suite struct PictureURLTests {
    init() { startLoop() }

    /// A server of pictures, some of which are none.
    @LoopActor
    private func withPictures(
        private allowed: Bool = true,
        _ body: @LoopActor (RunningBackend, ScriptedGPUService, TemporaryFolder, String) async throws -> Void
    ) async throws {
        startLoop()
        let png = try Samples.noise(width: 150, height: 150)
        let router = Router()
        router.on(.get, "/picture.png") { _ in
            Response(status: .ok, headers: [.contentType: "text/plain"], body: .bytes(png))
        }
        router.on(.get, "/moved") { _ in Response(status: .found, headers: [.location: "/picture.png"], body: .none) }
        router.on(.get, "/round") { _ in Response(status: .found, headers: [.location: "round"], body: .none) }
        router.on(.get, "/inwards") { _ in
            Response(status: .found, headers: [.location: "https://[::1]:1/secret"], body: .none)
        }
        router.on(.get, "/file") { _ in
            Response(status: .found, headers: [.location: "file:///etc/passwd"], body: .none)
        }
        router.on(.get, "/page") { _ in Response.text("no picture") }
        router.on(.get, "/endless") { _ in
            Response(
                status: .ok,
                body: .stream(length: nil) { writer in
                    while true { try await writer.write([UInt8](repeating: 7, count: 65_536)) }
                })
        }
        let server = try HTTPServer(host: "127.0.0.1", port: 0, router: router)
        let serving = Task(executorPreference: EventLoop.shared) { await server.run() }
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        let backend = try await RunningBackend(
            folder: folder.path, pods: [pod.url],
            settings: ["ALLOW_PRIVATE_IMAGE_URLS": allowed ? "1" : "0", "MAX_IMAGE_SIZE_MB": "1"])
        try await backend.untilHealthy()
        try await body(backend, pod, folder, "http://127.0.0.1:\(server.port)")
        await backend.stop(grace: .zero)
        await pod.kill()
        await server.stop(grace: .zero)
        await serving.value
    }

    @LoopActor @Test func `a picture is fetched before its task is accepted, over redirects too`() async throws {
        try await withPictures { backend, pod, _, base in
            for (name, field) in [
                ("picture.png", "target_image"), ("moved", "target_image"), ("picture.png?key=1", "image"),
            ] {
                let url: JSON = .string("\(base)/\(name)")
                let answer =
                    field == "image"
                    ? try await backend.call(
                        .post, "/workflows/invert/runs", ["image": url], headers: [.prefer: "wait=60"])
                    : try await backend.generate(
                        ["mode": "invert", "target_image": url], headers: [.prefer: "wait=60"])
                #expect(answer.json["status"] == "done", "\(answer.json)")
            }
            #expect(pod.inputs.count == 1)
            #expect(pod.inputs.values.first == (try Samples.noise(width: 150, height: 150)))
        }
    }

    @LoopActor @Test func `what cannot be fetched is a fault of its field`() async throws {
        try await withPictures { backend, _, folder, base in
            for (name, reason) in [
                ("none.png", "status 404"), ("round", "redirects more than 3 times"), ("page", "picture"),
                ("endless", "over the limit of 1 MB"), ("file", "URL"),
            ] {
                let answer = try await backend.generate(["mode": "invert", "target_image": .string("\(base)/\(name)")])
                #expect(answer.status == 422)
                #expect(answer.places == [#"["body","target_image"]"#])
                let message = answer.json["detail"]?[0]?["msg"]?.string ?? ""
                #expect(message.contains(reason), "\(name): \(message)")
            }
            #expect(folder.files(in: "inputs").isEmpty)
            #expect(folder.files(in: "spool").isEmpty)
        }
    }

    @LoopActor @Test func `plain http and private addresses are refused, and no query is repeated`() async throws {
        try await withPictures(private: false) { backend, _, _, base in
            for url in [
                base + "/picture.png", "https://127.0.0.1/a?token=geheim", "https://169.254.169.254/latest/meta-data",
                "https://[::1]/a", "https://localhost/a", "https://user:geheim@example.com/a", "https://10.0.0.1:8000/",
            ] {
                let answer = try await backend.generate(["mode": "invert", "target_image": .string(url)])
                #expect(answer.status == 422, "\(url)")
                #expect(answer.places == [#"["body","target_image"]"#])
                #expect(!answer.json.text.contains("geheim"), "\(answer.json)")
            }
        }
    }

    @LoopActor @Test func `a name of our own network is told as one that does not exist is`() async throws {
        try await withPictures(private: false) { backend, _, _, _ in
            var messages: [String] = []
            for host in ["localhost", Samples.nowhere] {
                let answer = try await backend.generate(["mode": "invert", "target_image": "https://\(host):1/a"])
                messages.append(answer.json["detail"]?[0]?["msg"]?.string ?? "")
            }
            #expect(messages == Array(repeating: "Value error, the URL's host cannot be reached", count: 2))
        }
    }

    @LoopActor @Test func `a request names a bounded number of them`() async throws {
        try await withPictures { backend, _, _, base in
            let urls = (0..<40).map { JSON.string("\(base)/none?\($0)") }
            let answer = try await backend.call(.post, "/workflows/invert/runs", ["image": .array(urls)])
            #expect(answer.status == 422)
            #expect(answer.json.text.contains("at most 32"))
        }
    }
}

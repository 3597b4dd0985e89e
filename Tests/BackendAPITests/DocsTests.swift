import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct DocsTests {
    init() { startLoop() }

    @LoopActor @Test func `every route is documented, and nothing else`() async throws {
        try await withBackend { backend, _, _ in
            let document = try await backend.call(.get, "/openapi.json")
            #expect(document.status == 200)
            #expect(document.json["openapi"] == "3.1.1")
            let paths = document.json["paths"]?.object ?? [:]
            var documented: Set<String> = []
            for (path, operations) in paths {
                let isRun = path.hasPrefix("/workflows/") && path.hasSuffix("/runs")
                for (method, _) in operations.object ?? [:] {
                    documented.insert(method.uppercased() + " " + (isRun ? "/workflows/{name}/runs" : path))
                }
            }
            let routes = Set(backend.backend.router.descriptions.map { "\($0.method.rawValue) \($0.pattern)" })
            #expect(documented == routes)
        }
    }

    @LoopActor @Test func `what needs a key says so, and what happens without`() async throws {
        for (auth, ways) in [("optional", 3), ("required", 2), ("off", 0)] {
            try await withBackend(settings: ["AUTH": auth]) { backend, _, _ in
                let document = try await backend.call(.get, "/openapi.json").json
                #expect(document["security"]?.array?.count == ways)
                let schemes = document["components"]?["securitySchemes"]
                #expect(schemes?["bearer"]?["scheme"] == "bearer" && schemes?["apiKey"]?["name"] == "X-API-Key")
                for (path, operations) in document["paths"]?.object ?? [:] {
                    for (method, operation) in operations.object ?? [:] {
                        let isOpen = path.hasPrefix("/health") || ["/docs", "/openapi.json"].contains(path)
                        #expect((operation["security"] == []) == isOpen, "\(method) \(path)")
                        for status in ["401", "403", "429"] {
                            #expect((operation["responses"]?[status] == nil) == isOpen, "\(method) \(path) \(status)")
                        }
                    }
                }
            }
        }
    }

    @LoopActor @Test func `references lead somewhere, and each workflow has its own body`() async throws {
        try await withBackend { backend, _, _ in
            let document = try await backend.call(.get, "/openapi.json").json
            let names = document["components"]?["schemas"]?.object?.keys ?? []
            for reference in document.text.matches(of: /#\/components\/schemas\/([A-Za-z]+)/) {
                #expect(names.contains(String(reference.1)))
            }
            let run = document["paths"]?["/workflows/paint/runs"]?["post"]
            let body = run?["requestBody"]?["content"]?["application/json"]?["schema"]
            #expect(body?["required"] == ["prompt"])
            #expect(body?["properties"]?["steps"]?["maximum"] == 50)
            #expect(body?["properties"]?["seed"]?["maximum"] == .unsigned(.max))
            #expect(body?["properties"]?["priority"] != nil)
        }
    }

    @LoopActor @Test func `a form is offered where each of its fields can be a text or a file`() async throws {
        try await withBackend { backend, _, _ in
            let document = try await backend.call(.get, "/openapi.json").json
            var forms: Set<String> = []
            for (path, operations) in document["paths"]?.object ?? [:] {
                let content = operations["post"]?["requestBody"]?["content"]
                guard let form = content?["multipart/form-data"]?["schema"] else { continue }
                forms.insert(path)
                for (name, field) in form["properties"]?.object ?? [:] {
                    #expect(field["type"] != "object" && field["properties"] == nil, "\(path): \(name)")
                }
            }
            #expect(forms.isSuperset(of: ["/generate", "/workflows/paint/runs", "/api/ai/hd-image"]))
            #expect(!forms.contains("/api/generate"))
        }
    }

    @LoopActor @Test func `the page shows it with no other host and no script`() async throws {
        try await withBackend(settings: ["API_TITLE": "Pictures & <more>"]) { backend, _, _ in
            let page = try await backend.call(.get, "/docs")
            let html = String(decoding: page.bytes, as: UTF8.self)
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(html.contains("Pictures &amp; &lt;more&gt;"))
            #expect(html.contains("/workflows/paint/runs"))
            #expect(!html.contains("<script") && !html.contains("http://") && !html.contains("=\"http"))
            #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
        }
    }

    // MARK: Runs

    @LoopActor @Test func `a workflow's own route takes its parameters as they are`() async throws {
        try await withBackend { backend, pod, _ in
            let answer = try await backend.call(
                .post, "/workflows/paint/runs", ["prompt": "a cat", "steps": 7, "seed": .unsigned(.max)],
                headers: [.prefer: "wait=60"])
            #expect(answer.status == 200)
            #expect(answer.json["status"] == "done")
            #expect(pod.posts.last?.params["steps"] == 7)
            #expect(pod.posts.last?.params["seed"]?.uint64 == .max)
            #expect(pod.posts.last?.workflow == "paint")
            let task = try await backend.task(answer.json["task_id"]?.string ?? "")
            #expect(task["mode"] == "paint")
        }
    }

    @LoopActor @Test func `its faults name its own fields`() async throws {
        try await withBackend { backend, _, _ in
            let answer = try await backend.call(
                .post, "/workflows/paint/runs", ["steps": "many", "colour": 1, "quality": 900])
            #expect(answer.status == 422)
            #expect(
                Set(answer.places) == [
                    #"["body","steps"]"#, #"["body","colour"]"#, #"["body","quality"]"#, #"["body","prompt"]"#,
                ])
            let picture = try await backend.call(.post, "/workflows/invert/runs", ["image": "no base64!"])
            #expect(picture.places == [#"["body","image"]"#])
            #expect(try await backend.call(.post, "/workflows/invert/runs", [:]).places == [#"["body","image"]"#])
            #expect(try await backend.call(.post, "/workflows/paint/runs", [1]).places == [#"["body"]"#])
            #expect(try await backend.call(.post, "/workflows/none/runs", [:]).status == 404)
        }
    }

    @LoopActor @Test func `a picture of any length is one of its parameters`() async throws {
        try await withBackend { backend, pod, _ in
            for bytes in [try Samples.png(), try Samples.noise(width: 120, height: 120)] {
                let answer = try await backend.call(
                    .post, "/workflows/invert/runs", ["image": .string(Base64.encode(bytes))],
                    headers: [.prefer: "wait=60"])
                #expect(answer.json["status"] == "done", "\(answer.json)")
            }
            #expect(pod.inputs.count == 2)
        }
    }
}

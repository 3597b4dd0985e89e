import HTTPTypes
import JSONText
import Loop
import Operations
import Outbound
import Testing

@testable import BackendAPI

@Suite struct ProviderValueTests {
    private func answer(_ status: Int, _ json: JSON = .null, _ headers: HTTPFields = [:]) -> ProviderAnswer {
        ProviderAnswer(status: status, headers: headers, json: json)
    }

    // MARK: Answers

    @Test func `the time to wait is read wherever a provider says it`() {
        #expect(answer(429, .null, [.retryAfter: "7"]).retryAfter == .seconds(7))
        #expect(answer(429, ["retry_after": 10]).retryAfter == .seconds(10))
        #expect(
            answer(429, ["detail": "Request was throttled. Your rate limit resets in ~30s."]).retryAfter
                == .seconds(30))
        #expect(answer(503, ["error": "loading", "estimated_time": 20.5]).retryAfter == .milliseconds(20_500))
        let limit = HTTPField.Name("RateLimit")
        var fields: HTTPFields = [:]
        if let limit { fields[limit] = "\"api\";r=0;t=12" }
        #expect(answer(429, ["error": "slow down"], fields).retryAfter == .seconds(12))
        #expect(answer(429, ["detail": "no time here"]).retryAfter == nil)
        #expect(answer(429, ["retry_after": -5]).retryAfter == nil)
    }

    @Test func `the words of an error are found in each form, and kept short`() {
        #expect(answer(422, ["detail": "wrong"]).words == "wrong")
        let list: JSON = [["loc": ["body", "prompt"], "msg": "field required", "type": "missing", "input": "secret"]]
        #expect(answer(422, ["detail": list]).words == "prompt: field required")
        #expect(answer(400, ["error": ["a", "b"]]).words == "a; b")
        #expect(answer(400, ["error": ["message": "deep"]]).words == "deep")
        #expect(answer(500).words == "HTTP 500")
        #expect(answer(500, ["error": .string(String(repeating: "x", count: 999))]).words.count == 201)
        #expect(answer(500, ["error": "two\nlines"]).words == "two lines")
    }

    // MARK: Verdicts

    private static let falErrors: [(Int, JSON, ProviderFailure.Kind)] = [
        (401, .null, .authentication),
        (403, ["detail": "User is locked. Reason: Exhausted balance."], .exhausted),
        (403, ["detail": "Forbidden"], .authentication),
        (404, ["detail": "Application not found"], .notReady),
        (422, ["detail": [["type": "missing", "msg": "field required"]]], .badInput),
        (422, ["detail": [["type": "content_policy_violation", "msg": "no"]]], .refusedAsUnsafe),
        (504, ["detail": "Request timed out", "error_type": "request_timeout"], .transient),
        (500, ["detail": [["type": "internal_server_error", "msg": "x"]]], .transient),
        (422, ["detail": [["type": "generation_timeout", "msg": "x"]]], .transient),
        (429, ["detail": "x"], .rateLimited),
        (400, ["detail": "Request is still in progress"], .unknown),
    ]

    @Test(arguments: falErrors)
    func `fal's errors are judged by status and type`(_ status: Int, _ body: JSON, _ kind: ProviderFailure.Kind) {
        let at404 = status == 404
        let failure =
            at404
            ? FalVerdict.onSubmit(answer(status, body), ProviderTicket(provider: .fal, kind: .textToImage, model: "m"))
            : FalVerdict.onResult(answer(status, body))
        #expect(failure.kind == kind)
    }

    @Test func `fal's headers decide before its status`() throws {
        let retry = try #require(HTTPField.Name("X-Fal-Retryable"))
        #expect(FalVerdict.onResult(answer(422, ["detail": "x"], [retry: "true"])).kind == .transient)
        let user = try #require(HTTPField.Name("X-Fal-Request-Timeout-Type"))
        #expect(FalVerdict.onResult(answer(504, .null, [user: "user"])).kind == .timedOut)
        let type = try #require(HTTPField.Name("X-Fal-Error-Type"))
        #expect(FalVerdict.onResult(answer(400, .null, [type: "runner_disconnected"])).kind == .transient)
    }

    @Test func `a prediction is judged by its output before its status`() {
        let url: JSON = "https://replicate.delivery/a.png"
        func state(_ status: String, _ output: JSON = .null, _ error: JSON = .null) -> ReplicateVerdict.State {
            ReplicateVerdict.onPrediction(["status": .string(status), "output": output, "error": error])
        }
        #expect(state("processing", url) == .done(["https://replicate.delivery/a.png"]))
        #expect(
            state("succeeded", [url, url]) == .done(Array(repeating: "https://replicate.delivery/a.png", count: 2)))
        #expect(state("starting") == .pending)
        #expect(state("processing") == .pending)
        #expect(state("queued, or what comes next") == .pending)
        for (status, error, kind) in [
            ("failed", "NSFW content detected. Try running it again", ProviderFailure.Kind.refusedAsUnsafe),
            ("failed", "CUDA out of memory", .transient), ("aborted", "", .transient), ("canceled", "", .transient),
            ("succeeded", "", .badResult),
        ] {
            guard case .failed(let failure) = state(status, .null, .string(error)) else {
                Issue.record("\(status) is no failure")
                continue
            }
            #expect(failure.kind == kind)
        }
    }

    @Test func `a version that Replicate does not know is not the request's fault`() {
        let body: JSON = ["title": "Invalid version or not permitted", "detail": "x", "status": 422]
        #expect(ReplicateVerdict.onCall(answer(422, body)).kind == .notReady)
    }

    // MARK: Models

    @Test func `every model has a place for what it is given, and a price`() {
        for model in ProviderModels.table {
            #expect(model.price >= 0)
            #expect(model.model.split(separator: "/").count >= 2)
            if model.way == .prediction { #expect(model.version?.count == 64) }
            if model.kind == .textToImage { #expect(model.parameters.contains { $0.name == "prompt" }) }
        }
        let keys = ProviderModels.table.map { "\($0.provider.rawValue)/\($0.kind.name)" }
        #expect(Set(keys).count == keys.count)
    }

    @Test func `values that a model does not know are left out, and others brought inside`() throws {
        let vtoonify = try #require(ProviderModels.table.first { $0.model == "412392713/vtoonify" })
        let given: JSONObject = ["style": "disney", "style_degree": 3]
        #expect(vtoonify.input(given) == ["padding": 200, "style_degree": 1])
        #expect(
            vtoonify.warnings(given) == ["replicate does not know this style", "replicate limits style_degree to 1"])
        #expect(vtoonify.input(["style": "pixar"])["style_type"] == "pixar")
    }

    @Test func `kinds have names that lead back to them`() {
        for kind in ProviderJob.Kind.allCases { #expect(ProviderJob.Kind(name: kind.name) == kind) }
    }

    // MARK: Addresses

    @Test func `a redirect's address is put together as RFC 3986 has it, as far as it is followed`() {
        let from = "https://a.example/x/y?z=1"
        #expect(ResultFetcher.resolve("https://b.example/c", against: from) == "https://b.example/c")
        #expect(ResultFetcher.resolve("/c?d", against: from) == "https://a.example/c?d")
        #expect(ResultFetcher.resolve("//b.example/c", against: from) == "https://b.example/c")
        #expect(ResultFetcher.resolve("file:///etc/passwd", against: from) == nil)
        #expect(ResultFetcher.resolve("c", against: from) == nil)
    }

    // MARK: Settings

    private func settings(_ environment: [String: String]) throws -> ProviderSettings {
        let reader = SettingsReader(environment: environment)
        let settings = ProviderSettings(reading: reader)
        try reader.finish()
        return settings
    }

    @Test func `the orders are the contract's, and can be others`() throws {
        let usual = try settings([:])
        #expect(usual.order(of: .hdImage) == [.comfyui, .replicate, .huggingface])
        #expect(usual.order(of: .textGeneration) == [.huggingface])
        #expect(usual.order(of: .identityPortrait(.quality)) == [.comfyui])
        let other = try settings(["PROVIDERS_HD_IMAGE": "huggingface, comfyui", "API_PROVIDER": "FAL"])
        #expect(other.order(of: .hdImage) == [.huggingface, .comfyui])
        #expect(other.order(of: .identityPortrait(.speed)) == [.fal])
    }

    @Test func `versions, prices and Spaces can be set`() throws {
        let version = String(repeating: "ab", count: 32)
        let changed = try settings([
            "REPLICATE_VERSIONS": "tencentarc/gfpgan:\(version)",
            "PROVIDER_PRICES": "fal/identity_speed=0.5, huggingface/hd_image=0.1",
            "HUGGINGFACE_SPACE_HD_IMAGE": "me/Upscaler /enlarge [\"$image\", \"$scale\", true]",
        ])
        #expect(changed.model(.replicate, for: .fixOldPhoto)?.version == version)
        #expect(changed.model(.fal, for: .identityPortrait(.speed))?.price == 0.5)
        let space = try #require(changed.model(.huggingface, for: .hdImage))
        #expect(space.model == "me/Upscaler")
        #expect(space.api == "enlarge")
        #expect(space.price == 0.1)
        #expect(space.inputs(["scale": 2], picture: "p") == ["p", 2, true])
        #expect(space.warnings(["scale": 2]).isEmpty)
    }

    @Test(arguments: [
        ("PROVIDERS_HD_IMAGE", "replicate,openai"), ("PROVIDERS_HD_IMAGE", "replicate,replicate"),
        ("API_PROVIDER", ","), ("REPLICATE_VERSIONS", "tencentarc/gfpgan:v1"), ("REPLICATE_VERSIONS", "a/b:c"),
        ("PROVIDER_PRICES", "fal/identity_speed=free"), ("PROVIDER_PRICES", "fal/identity_speed=-1"),
        ("HUGGINGFACE_SPACES_URL", "https://hf.space"), ("HUGGINGFACE_SPACE_HD_IMAGE", "../x y"),
        ("HUGGINGFACE_SPACE_CARTOONIFY", "a/b predict {}"), ("PROVIDER_RETRIES", "-1"),
    ])
    func `a wrong setting is refused by its name`(_ key: String, _ value: String) {
        let error = #expect(throws: ConfigurationError.self) { _ = try settings([key: value]) }
        #expect(error?.faults.map(\.key) == [key])
    }

    @Test func `tokens are never shown`() throws {
        let reader = SettingsReader(environment: ["FAL_KEY": "topsecret", "HUGGINGFACE_API_KEY": "alsosecret"])
        let settings = ProviderSettings(reading: reader)
        #expect(settings.falKey?.reveal() == "topsecret")
        #expect(settings.huggingFaceToken?.reveal() == "alsosecret")
        #expect(!reader.asked.contains { $0.shown?.contains("secret") == true })
        #expect(!"\(settings)".contains("topsecret"))
    }

    @Test func `results come over https from public addresses, or from a configured host`() throws {
        let usual = try settings([:]).resultURLs
        #expect(throws: TransportError.self) { try usual.check("http://replicate.delivery/a.png") }
        #expect(throws: TransportError.self) { try usual.check("https://127.0.0.1/a.png") }
        #expect(throws: TransportError.self) { try usual.check("http://api.replicate.com/a.png") }
        #expect(throws: Never.self) { try usual.check("https://replicate.delivery/a.png") }
        let proxied = try settings(["REPLICATE_BASE_URL": "http://10.0.0.7:9000"]).resultURLs
        #expect(throws: Never.self) { try proxied.check("http://10.0.0.7:9000/a.png") }
        #expect(throws: TransportError.self) { try proxied.check("http://10.0.0.8/a.png") }
    }
}

import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Operations
import Workflows

/// `POST /api/generate`: a portrait that keeps the face (contract 2).
@LoopActor
struct PortraitRoutes {
    let submit: SubmitRoute
    let room: ProviderRoom
    let faces: FaceCheck
    let safety: SafetyPolicy
    let held: HeldRequests
    let signing: AddressSigning
    let settings: PortraitSettings

    private static let patience: Duration = .seconds(10)

    func add(to router: Router) {
        router.on(.post, "/api/generate", bodyLimit: settings.bodyLimit) { try await generate($0) }
    }

    private func generate(_ request: Request) async throws -> Response {
        let language = PortraitError.Language(accepting: request.headerFields[.acceptLanguage])
        let start = ContinuousClock.now
        // Before the key is looked at: who guesses it is to be slowed as well.
        if let refusal = request.caller.refusal {
            return Self.failure(.rateLimited, language, since: start, retryAfter: refusal.headers[.retryAfter])
        }
        try checkKey(request)
        let sign = try request.secondsToSign()
        let outcome: SubmitRoute.Outcome
        do { outcome = try await accept(request) } catch let problem as Refusal {
            return Self.failure(problem.error, language, since: start)
        } catch let problem as HTTPProblem where problem.code == SafetyPolicy.refusalCode {
            return Self.failure(.refused, language, since: start)
        } catch let problem as HTTPProblem where problem.status == .tooManyRequests {
            return Self.failure(.rateLimited, language, since: start, retryAfter: problem.headers[.retryAfter])
        }
        let task = outcome.entry.task
        var headers: HTTPFields = [.location: "/tasks/\(task.id)"]
        if outcome.isReplayed { headers[.idempotentReplayed] = "true" }
        if !Self.isAsync(request) { await held.end(of: outcome.entry, for: request) }
        return answer(outcome.entry.task, language, sign, headers)
    }

    /// A portrait that is refused for what its photo shows.
    private struct Refusal: Error { let error: PortraitError }

    private func checkKey(_ request: Request) throws {
        guard let key = settings.key else { return }
        let given = request.headerFields[.xAPIKey] ?? ""
        guard constantTimeEquals(Array(given.utf8), Array(key.reveal().utf8)) else {
            throw HTTPProblem(.forbidden, "X-API-Key is missing or wrong.")
        }
    }

    /// `?async=true`, or `Prefer: respond-async` (RFC 7240, section 4.1).
    private static func isAsync(_ request: Request) -> Bool {
        if ["true", "1"].contains(request.query("async") ?? "") { return true }
        let prefer = request.headerFields[values: .prefer].flatMap { $0.split(separator: ",") }
        return prefer.contains { $0.filter { $0 != " " }.lowercased() == "respond-async" }
    }

    // MARK: Accepting

    private func accept(_ request: Request) async throws -> SubmitRoute.Outcome {
        let summary = PortraitRequest.summary(maxFaces: settings.maxFaces, denoise: settings.denoisingStrength)
        return try await submit.submit(request, run: summary) { reading in
            let read = PortraitRequest(reading.json, sink: reading.sink, defaultMode: settings.defaultMode)
            return SubmitRoute.Rewritten(
                body: .object(read.flat), faults: read.faults, place: { PortraitRequest.placed($0) },
                edit: { try await complete(&$0, read) })
        }
    }

    /// Makes a portrait's job of the task, and judges the words that the checks of its fields have not seen, and its photos.
    private func complete(_ task: inout GenerationTask, _ read: PortraitRequest) async throws {
        let errand = errand(task, read)
        try await safety.check(errand.parameters, hasPhoto: true)
        task.errand = errand
        // Where ComfyUI alone makes portraits, so that its service has the only eyes, a restart of it is waited for.
        let isAlone = errand.order == [.comfyui]
        switch try await faces.look(at: task.inputsInOrder, patience: isAlone ? Self.patience : .zero) {
        case .fine: break
        case .fault(let fault): throw Refusal(error: fault)
        case .busy: throw Refusal(error: .rateLimited)
        case .nobodyLooks where isAlone: throw Refusal(error: .provider)
        case .nobodyLooks: task.warnings.append("the photo was not looked at: no GPU service could be reached")
        }
    }

    private func errand(_ task: GenerationTask, _ read: PortraitRequest) -> Errand {
        var parameters = read.others
        for (name, value) in task.params where !["face_images", "denoising_strength", "prompt"].contains(name) {
            parameters[name] = value
        }
        let prompt = [task.params["prompt"]?.string ?? "", read.lighting.words].filter { !$0.isEmpty }
        parameters["prompt"] = .string(prompt.joined(separator: ", "))
        parameters["steps"] = read.mode.steps
        parameters["guidance_scale"] = read.mode.guidance
        let longest = held.waits.longest
        let time = longest > .zero ? longest - min(.seconds(1), longest / 10) : settings.budget
        var errand = Errand(
            kind: read.mode.kind, parameters: parameters, order: room.order(of: read.mode.kind),
            deadline: TaskBook.now() + max(time, settings.budget).milliseconds)
        if read.isHarmonised {
            errand.finish = Errand.Finish(
                workflow: "harmonize",
                parameters: [
                    "prompt": .string(prompt.joined(separator: ", ")),
                    "denoise": task.params["denoising_strength"] ?? .double(settings.denoisingStrength),
                    "seed": task.params["seed"] ?? .null,
                ])
        }
        return errand
    }

    // MARK: Answers

    private func answer(
        _ task: GenerationTask, _ language: PortraitError.Language, _ sign: Int?, _ headers: HTTPFields
    ) -> Response {
        let seconds = task.errand?.result.seconds ?? 0
        switch task.state {
        case .done:
            let mode = task.errand?.kind == .identityPortrait(.quality) ? PortraitRequest.Mode.quality : .speed
            return .json(
                [
                    "success": true,
                    "image_url": .string(signing.address(of: task.images.first ?? "", owner: task.owner, for: sign)),
                    "inference_time": .double(seconds), "model_version": .string(mode.model),
                    "seed": (task.errand?.result.seed ?? task.seed).map { JSON($0) } ?? .null,
                    "source": task.source.map(JSON.string) ?? .null,
                    "warnings": .array(task.warnings.map(JSON.string)),
                ], headers: headers)
        case .failed, .cancelled:
            let pause = task.errand?.result.retryAfter.map { String(Int($0.rounded(.up))) }
            return Self.failure(Self.error(task), language, seconds: seconds, retryAfter: pause, headers)
        default: return .json(TaskAnswer.short(task, image: nil), status: .accepted, headers: headers)
        }
    }

    private static func error(_ task: GenerationTask) -> PortraitError {
        switch task.errand?.result.failure {
        case .timedOut: .timeout
        case .rateLimited: .rateLimited
        case .refusedAsUnsafe: .refused
        default: .provider
        }
    }

    private static func failure(
        _ error: PortraitError, _ language: PortraitError.Language, since start: ContinuousClock.Instant,
        retryAfter: String? = nil
    ) -> Response {
        failure(error, language, seconds: (ContinuousClock.now - start).seconds, retryAfter: retryAfter, [:])
    }

    private static func failure(
        _ error: PortraitError, _ language: PortraitError.Language, seconds: Double, retryAfter: String?,
        _ headers: HTTPFields
    ) -> Response {
        var headers = headers
        if error == .rateLimited { headers[.retryAfter] = retryAfter ?? "30" }
        headers[.contentLanguage] = language.rawValue
        headers[.vary] = "Accept-Language"
        let words = error.words(in: language)
        return .json(
            [
                "success": false, "inference_time": .double((seconds * 1000).rounded() / 1000),
                "error": [
                    "code": JSON(error.rawValue), "message": .string(words.message), "action": .string(words.action),
                    "retry": .bool(error.mayRetry),
                ],
            ], status: error.status, headers: headers)
    }
}

extension HTTPField.Name {
    /// A token, so the name exists.
    static let xAPIKey = HTTPField.Name("X-API-Key")!
}

/// Settings of the portraits alone.
struct PortraitSettings: Sendable {
    /// Guards the route.
    var key: Secret?
    var defaultMode: PortraitRequest.Mode
    var denoisingStrength: Double
    var maxFaces: Int
    var bodyLimit: Int
    /// For one that nobody waits for.
    var budget: Duration
}

internal import Crypto
internal import HTTP
internal import HTTPTypes
internal import JSONText
public import Loop

/// fal's queue, its synchronous host, and the upload of files, all on one port.
///
/// A request is IN_QUEUE when it is first asked after, then IN_PROGRESS, then COMPLETED: by the count of questions, not by
/// a clock.
@LoopActor
public final class FalEmulator {
    public let core: EmulatorCore
    private var jobs: [String: Job] = [:]

    private struct Job {
        var app: String
        var input: JSON
        var questions = 0
        var isCancelled = false
        /// What the result's address answers, once it is known.
        var result: Response?
        var error: String?
    }

    public init(port: Int = 0) throws {
        core = try EmulatorCore(port: port)
        let router = core.router
        router.on(.post, "/storage/auth/token") { [unowned self] in try await token($0) }
        router.on(.post, "/files/upload", bodyLimit: 64 << 20) { [unowned self] in try await upload($0) }
        router.on(.get, "/uploads/{name}") { [unowned self] in uploaded($0) }
        router.on(.get, "/{owner}/{alias}/requests/{id}/status") { [unowned self] in try await status($0) }
        router.on(.get, "/{owner}/{alias}/requests/{id}") { [unowned self] in try await result($0) }
        router.on(.put, "/{owner}/{alias}/requests/{id}/cancel") { [unowned self] in cancel($0) }
        router.on(.post, "/{path...}", bodyLimit: 64 << 20) { [unowned self] in try await submit($0) }
        core.start()
    }

    // MARK: Submit

    private func submit(_ request: Request) async throws -> Response {
        let input = try await core.json(request)
        guard request.headerFields[.authorization]?.hasPrefix("Key ") == true else {
            return .json(["detail": "Cannot access application. Authentication is required."], status: .unauthorized)
        }
        if let refusal = core.refusal(key: "detail") { return refusal }
        let app = String(request.path.drop { $0 == "/" })
        let id = UUID4.make()
        jobs[id] = Job(app: app, input: input)
        // The synchronous host has the same paths.
        if request.head.authority?.hasPrefix("fal.run") == true { return try await runAtOnce(id) }
        var answer = state("IN_QUEUE", id)
        answer["gateway_request_id"] = .string(id)
        answer["queue_position"] = 0
        return try await core.taken(
            .json(.object(answer), headers: [.falRequestID: id]))
    }

    private func runAtOnce(_ id: String) async throws -> Response {
        core.taken += 1
        try await complete(id)
        return jobs[id]?.result ?? Response(status: .internalServerError)
    }

    private func state(_ name: JSON, _ id: String) -> JSONObject {
        let app = (jobs[id]?.app ?? "").split(separator: "/").prefix(2).joined(separator: "/")
        let base = "\(core.publicURL)/\(app)/requests/\(id)"
        return [
            "status": name, "request_id": .string(id), "response_url": .string(base),
            "status_url": .string("\(base)/status"), "cancel_url": .string("\(base)/cancel"),
        ]
    }

    // MARK: Status

    private func status(_ request: Request) async throws -> Response {
        let id = request.parameters["id"] ?? ""
        guard jobs[id] != nil else { return .json(["detail": "Request not found"], status: .notFound) }
        if core.plan.take(.hangAtStatus) { return try await core.hang() }
        if core.plan.take(.wrongJSONAtStatus) { return .text("{\"status\": \"COMP", type: "application/json") }
        jobs[id]?.questions += 1
        var answer = state("COMPLETED", id)
        let isLogged = ["true", "1"].contains(request.query("logs") ?? "")
        answer["logs"] = isLogged ? .array([Self.log]) : .null
        switch jobs[id]?.questions ?? 0 {
        case 1:
            answer["status"] = "IN_QUEUE"
            answer["queue_position"] = 0
        case 2: answer["status"] = "IN_PROGRESS"
        default:
            if core.plan.take(.neverEnds) {
                core.plan.set(.neverEnds)
                answer["status"] = "IN_PROGRESS"
                break
            }
            try await complete(id)
            answer["metrics"] = ["inference_time": 0.5]
            if let error = jobs[id]?.error {
                answer["error"] = .string(error)
                answer["error_type"] = "internal_server_error"
            }
        }
        return .json(.object(answer), status: answer["status"] == "COMPLETED" ? .ok : .accepted)
    }

    private static let log: JSON = [
        "message": "sampling", "level": "INFO", "source": "USER", "timestamp": "2026-01-01T00:00:00.000000",
    ]

    // MARK: Result

    private func complete(_ id: String) async throws {
        guard let job = jobs[id], job.result == nil, !job.isCancelled else { return }
        if job.input["prompt"]?.string == nil || core.plan.take(.refusedInput) {
            jobs[id]?.result = Self.detail(
                .unprocessableContent, place: "prompt", "field required", type: "value_error.missing")
        } else if core.plan.take(.unsafe) {
            jobs[id]?.result = Self.detail(
                .unprocessableContent, place: "prompt", "The content was refused.", type: "content_policy_violation")
        } else if core.plan.take(.failed) {
            jobs[id]?.error = "CUDA error"
            jobs[id]?.result = .json(
                ["detail": "Internal Server Error", "error_type": "internal_server_error"],
                status: .internalServerError, headers: [.falRetryable: "true"])
        } else {
            core.paid += 1
            jobs[id]?.result = .json(try output(job.input))
        }
    }

    private static func detail(
        _ status: HTTPResponse.Status, place: String, _ text: String, type: String
    ) -> Response {
        let entry: JSON = ["loc": ["body", .string(place)], "msg": .string(text), "type": .string(type)]
        return .json(["detail": .array([entry])], status: status, headers: [.falRetryable: "false"])
    }

    private func output(_ input: JSON) throws -> JSON {
        let image: JSON = [
            "url": .string(try core.newPicture()), "content_type": "image/png", "width": 48, "height": 32,
            "file_name": "1.png", "file_size": 4096,
        ]
        return [
            "images": .array([image]), "timings": ["inference": 0.5], "seed": input["seed"] ?? .unsigned(.max),
            "has_nsfw_concepts": [.bool(core.plan.take(.flagged))], "prompt": input["prompt"] ?? .null,
        ]
    }

    private func result(_ request: Request) async throws -> Response {
        let id = request.parameters["id"] ?? ""
        guard let job = jobs[id] else { return .json(["detail": "Request not found"], status: .notFound) }
        return job.result ?? .json(["detail": "Request is still in progress"], status: .badRequest)
    }

    private func cancel(_ request: Request) -> Response {
        let id = request.parameters["id"] ?? ""
        guard let job = jobs[id] else { return .json(["status": "NOT_FOUND"], status: .notFound) }
        guard job.result == nil else { return .json(["status": "ALREADY_COMPLETED"], status: .badRequest) }
        core.cancelled += 1
        jobs[id]?.isCancelled = true
        jobs[id]?.result = .json(["detail": "Request was cancelled"], status: .badRequest)
        if job.questions <= 1 { return .json(["status": "OK"]) }
        return .json(["status": "CANCELLATION_REQUESTED"], status: .accepted)
    }

    // MARK: Files

    private var uploads: [String: (bytes: [UInt8], type: String)] = [:]

    private func token(_ request: Request) async throws -> Response {
        .json([
            "token": "emulated", "token_type": "Bearer", "base_url": .string(core.publicURL),
            "expires_at": "2099-01-01T00:00:00+00:00",
        ])
    }

    private func upload(_ request: Request) async throws -> Response {
        let name = UUID4.make()
        uploads[name] = (try await request.body.collect(), request.headerFields[.contentType] ?? "")
        return .json(["access_url": .string("\(core.publicURL)/uploads/\(name)")])
    }

    private func uploaded(_ request: Request) -> Response {
        guard let file = uploads[request.parameters["name"] ?? ""] else { return Response(status: .notFound) }
        return Response(headers: [.contentType: file.type], body: .bytes(file.bytes))
    }
}

extension HTTPField.Name {
    // The literals are tokens, so the names exist.
    fileprivate static let falRequestID = HTTPField.Name("x-fal-request-id")!
    fileprivate static let falRetryable = HTTPField.Name("X-Fal-Retryable")!
}

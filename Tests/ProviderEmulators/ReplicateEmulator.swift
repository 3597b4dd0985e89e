internal import Crypto
internal import Glibc
internal import HTTP
internal import HTTPTypes
internal import JSONText
public import Loop

/// Replicate's predictions, versions and files.
///
/// A prediction is `starting` when it is made, `processing` when it is first asked after, then `succeeded`.
@LoopActor
public final class ReplicateEmulator {
    public let core: EmulatorCore
    private var predictions: [String: Prediction] = [:]
    private var order: [String] = []
    /// Of the list of predictions.
    public var pageSize = 100
    private var files: [String: (bytes: [UInt8], type: String, name: String)] = [:]

    private struct Prediction {
        var model: String
        var version: String
        var input: JSON
        var status = "starting"
        var output = JSON.null
        var error = JSON.null
        var hasStarted = false
        let createdAt = ReplicateEmulator.now()
    }

    public init(port: Int = 0) throws {
        core = try EmulatorCore(port: port)
        let router = core.router
        router.on(.post, "/v1/files", bodyLimit: 64 << 20) { [unowned self] in try await addFile($0) }
        router.on(.get, "/v1/files/{id}") { [unowned self] in file($0) }
        router.on(.get, "/v1/predictions") { [unowned self] in list($0) }
        router.on(.post, "/v1/predictions", bodyLimit: 16 << 20) { [unowned self] in try await create($0) }
        router.on(.post, "/v1/models/{owner}/{name}/predictions", bodyLimit: 16 << 20) { [unowned self] in
            try await create($0)
        }
        router.on(.get, "/v1/models/{owner}/{name}/versions/{version}") { Self.version($0) }
        router.on(.get, "/v1/predictions/{id}") { [unowned self] in try await get($0) }
        router.on(.post, "/v1/predictions/{id}/cancel") { [unowned self] in cancel($0) }
        core.start()
    }

    // MARK: Predictions

    private func create(_ request: Request) async throws -> Response {
        let body = try await core.json(request)
        guard request.headerFields[.authorization]?.hasPrefix("Bearer ") == true else {
            let text: JSON = "You did not pass an authentication token"
            return .json(["title": "Unauthenticated", "detail": text, "status": 401], status: .unauthorized)
        }
        if let refusal = core.refusal(key: "detail") { return refusal }
        let input = body["input"] ?? .null
        if (input.object ?? [:]).isEmpty || core.plan.take(.refusedInput) {
            let text: JSON = "- input: img is required\n"
            return .json(
                ["title": "Input validation failed", "detail": text, "status": 422], status: .unprocessableContent)
        }
        let id = Self.newID()
        let owner = request.parameters["owner"].map { "\($0)/\(request.parameters["name"] ?? "")" }
        predictions[id] = Prediction(
            model: owner ?? "emulated/model", version: body["version"]?.string ?? "hidden", input: input)
        order.insert(id, at: 0)
        if core.plan.take(.processingWhenDone) {
            try end(id)
            predictions[id]?.status = "processing"
        }
        return try await core.taken(.json(json(id), status: .created))
    }

    /// 26 characters of base 32.
    private static func newID() -> String {
        let alphabet = Array("abcdefghjkmnpqrstvwxyz0123456789")
        return String(randomBytes(26).map { alphabet[Int($0) % 32] })
    }

    private func json(_ id: String) -> JSON {
        guard let prediction = predictions[id] else { return .null }
        let url = "\(core.publicURL)/v1/predictions/\(id)"
        return [
            "id": .string(id), "model": .string(prediction.model), "version": .string(prediction.version),
            "input": prediction.input, "logs": "", "output": prediction.output, "data_removed": false,
            "error": prediction.error, "source": "api", "status": .string(prediction.status),
            "created_at": .string(prediction.createdAt),
            "started_at": prediction.hasStarted ? "2026-01-01T00:00:00.100Z" : .null,
            "metrics": ["predict_time": 0.5], "urls": ["get": .string(url), "cancel": .string("\(url)/cancel")],
        ]
    }

    private func get(_ request: Request) async throws -> Response {
        let id = request.parameters["id"] ?? ""
        guard predictions[id] != nil else { return Self.notFound }
        if core.plan.take(.hangAtStatus) { return try await core.hang() }
        if core.plan.take(.wrongJSONAtStatus) { return .text("{\"id\": \"", type: "application/json") }
        if predictions[id]?.status == "starting" {
            predictions[id]?.status = "processing"
            predictions[id]?.hasStarted = true
        } else if core.plan.take(.neverEnds) {
            core.plan.set(.neverEnds)
        } else if predictions[id]?.status == "processing" {
            try end(id)
        }
        return .json(json(id))
    }

    private func end(_ id: String) throws {
        guard predictions[id]?.output == .null else { return }
        predictions[id]?.hasStarted = true
        if core.plan.take(.failed) {
            predictions[id]?.status = "failed"
            predictions[id]?.error = "CUDA out of memory"
        } else if core.plan.take(.aborted) {
            predictions[id]?.status = "aborted"
        } else if core.plan.take(.unsafe) {
            predictions[id]?.status = "failed"
            predictions[id]?.error = "NSFW content detected. Try running it again, or try a different prompt."
        } else {
            core.paid += 1
            predictions[id]?.status = "succeeded"
            let url = JSON.string(try core.newPicture())
            // A model by its name alone stands for those that give a list.
            let isHidden = predictions[id]?.version == "hidden"
            predictions[id]?.output = isHidden ? .array([url]) : url
        }
    }

    /// Newest first, ``pageSize`` at a time; `next` leads on.
    private func list(_ request: Request) -> Response {
        let first = request.query("cursor").flatMap { Int($0) } ?? 0
        let page = order.dropFirst(first).prefix(pageSize)
        let hasMore = first + page.count < order.count
        let next = JSON.string("\(core.publicURL)/v1/predictions?cursor=\(first + page.count)")
        return .json(["previous": .null, "next": hasMore ? next : .null, "results": .array(page.map(json))])
    }

    /// Other people's predictions, made since.
    public func addStrangers(_ count: Int) {
        for _ in 0..<count {
            let id = Self.newID()
            predictions[id] = Prediction(model: "a/b", version: "v", input: ["prompt": "another"])
            order.insert(id, at: 0)
        }
    }

    /// As an hour later: the inputs are gone.
    public func clearInputs() { for id in order { predictions[id]?.input = [:] } }

    /// RFC 3339.
    fileprivate nonisolated static func now() -> String {
        var (seconds, parts) = (time(nil), tm())
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).123456Z"
    }

    private func cancel(_ request: Request) -> Response {
        let id = request.parameters["id"] ?? ""
        guard let prediction = predictions[id] else { return Self.notFound }
        if ["starting", "processing"].contains(prediction.status) {
            core.cancelled += 1
            predictions[id]?.status = "canceled"
        }
        return .json(json(id))
    }

    private static func version(_ request: Request) -> Response {
        .json([
            "id": .string(request.parameters["version"] ?? ""), "created_at": "2026-01-01T00:00:00.000Z",
            "cog_version": "0.9.4",
            "openapi_schema": ["components": ["schemas": ["Output": ["type": "string", "format": "uri"]]]],
        ])
    }

    private static var notFound: Response {
        .json(["detail": "The requested resource could not be found.", "status": 404], status: .notFound)
    }

    // MARK: Files

    private func addFile(_ request: Request) async throws -> Response {
        let body = try await request.body.collect()
        guard let file = EmulatorCore.firstFile(body, request) else { return Response(status: .unprocessableContent) }
        let id = Self.newID()
        files[id] = file
        let sum = JSON.string(SHA256.hash(file.bytes).hex)
        return .json(
            [
                "id": .string(id), "name": .string(file.name), "content_type": .string(file.type),
                "size": JSON(file.bytes.count), "etag": sum, "checksums": ["sha256": sum, "md5": ""],
                "metadata": [:], "created_at": "2026-01-01T00:00:00.000Z", "expires_at": "2026-01-02T00:00:00.000Z",
                "urls": ["get": .string("\(core.publicURL)/v1/files/\(id)")],
            ], status: .created)
    }

    private func file(_ request: Request) -> Response {
        guard let file = files[request.parameters["id"] ?? ""] else { return Self.notFound }
        return Response(headers: [.contentType: file.type], body: .bytes(file.bytes))
    }
}

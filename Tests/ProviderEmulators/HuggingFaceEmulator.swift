internal import Crypto
internal import HTTP
internal import HTTPTypes
internal import JSONText
public import Loop

/// Hugging Face's router, the parts of the hub's API that lead to it, and one Gradio Space of any name under
/// `/spaces/{owner}/{name}`.
@LoopActor
public final class HuggingFaceEmulator {
    public let core: EmulatorCore
    private var events: [String: [JSON]] = [:]
    private var uploads: [String: [UInt8]] = [:]

    public init(port: Int = 0) throws {
        core = try EmulatorCore(port: port)
        let router = core.router
        for path in ["/hf-inference/models/{owner}/{name}", "/models/{owner}/{name}"] {
            router.on(.post, path, bodyLimit: 16 << 20) { [unowned self] in try await infer($0) }
        }
        for path in ["/v1/chat/completions", "/hf-inference/models/{owner}/{name}/v1/chat/completions"] {
            router.on(.post, path, bodyLimit: 16 << 20) { [unowned self] in try await chat($0) }
        }
        router.on(.get, "/api/models/{owner}/{name}") { Self.model($0) }
        router.on(.get, "/api/spaces/{owner}/{name}/runtime") { [unowned self] in runtime($0) }
        let space = "/spaces/{owner}/{name}/gradio_api"
        router.on(.post, "\(space)/upload", bodyLimit: 64 << 20) { [unowned self] in try await upload($0) }
        router.on(.post, "\(space)/call/{api}") { [unowned self] in try await call($0) }
        router.on(.get, "\(space)/call/{api}/{event}") { [unowned self] in try await stream($0) }
        core.start()
    }

    // MARK: The router

    private func refusal(_ request: Request) -> Response? {
        guard request.headerFields[.authorization]?.hasPrefix("Bearer ") == true else {
            return .json(["error": "Invalid username or password."], status: .unauthorized)
        }
        if let refusal = core.refusal(key: "error") { return refusal }
        if core.plan.take(.refusedInput) {
            return .json(["error": ["`width` must be a multiple of 8"], "warnings": []], status: .badRequest)
        }
        if core.plan.take(.unsafe) {
            return .json(["error": "The prompt was refused by the safety checker."], status: .badRequest)
        }
        return core.plan.take(.failed) ? .json(["error": "CUDA error"], status: .internalServerError) : nil
    }

    private func infer(_ request: Request) async throws -> Response {
        let body = try await core.json(request)
        if let refusal = refusal(request) { return refusal }
        guard body["inputs"]?.string != nil else {
            return .json(["error": ["`inputs` is required"]], status: .unprocessableContent)
        }
        core.paid += 1
        let size = body["parameters"]
        let picture = try EmulatorCore.picture(
            number: core.paid, width: size?["width"]?.int ?? 48, height: size?["height"]?.int ?? 32)
        let answer = Response(headers: [.contentType: "image/png"], body: .bytes(picture))
        core.taken += 1
        if core.plan.take(.truncatedPicture) { return EmulatorCore.truncated(answer) }
        if core.plan.take(.hugeResult) { return core.huge }
        if core.plan.take(.wrongJSONAtSubmit) { return .text("{\"err", type: "application/json") }
        return try await core.spoilt(answer)
    }

    private func chat(_ request: Request) async throws -> Response {
        let body = try await core.json(request)
        if let refusal = refusal(request) { return refusal }
        guard let asked = body["messages"]?.array?.last?["content"]?.string else {
            return .json(["error": "messages is required"], status: .unprocessableContent)
        }
        core.paid += 1
        let text = "You said: \(asked)"
        if body["stream"]?.bool == true { return Self.streamed(text, model: body["model"] ?? "") }
        let message: JSON = ["role": "assistant", "content": .string(text)]
        return try await core.taken(
            .json(Self.completion("chat.completion", body["model"] ?? "", "message", message, "stop")))
    }

    private static func completion(
        _ object: JSON, _ model: JSON, _ name: String, _ message: JSON, _ end: JSON
    ) -> JSON {
        [
            "id": "chatcmpl-1", "object": object, "created": 1_700_000_000, "model": model, "system_fingerprint": "",
            "choices": [.object(["index": 0, name: message, "finish_reason": end])],
            "usage": ["prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10],
        ]
    }

    private static func streamed(_ text: String, model: JSON) -> Response {
        .events { writer in
            for word in text.split(separator: " ") {
                let delta: JSON = ["role": "assistant", "content": .string(word + " ")]
                let chunk = completion("chat.completion.chunk", model, "delta", delta, .null)
                try await writer.write(ServerSentEvent(data: chunk.text).bytes)
            }
            let last = completion("chat.completion.chunk", model, "delta", [:], "stop")
            try await writer.write(ServerSentEvent(data: last.text).bytes)
            try await writer.write(ServerSentEvent(data: "[DONE]").bytes)
        }
    }

    // MARK: The hub

    private static func model(_ request: Request) -> Response {
        let id = "\(request.parameters["owner"] ?? "")/\(request.parameters["name"] ?? "")"
        let task: JSON = id.contains("Instruct") ? "conversational" : "text-to-image"
        let tag: JSON = id.contains("Instruct") ? "text-generation" : "text-to-image"
        return .json([
            "id": .string(id), "pipeline_tag": tag, "inference": "warm",
            "inferenceProviderMapping": [
                "hf-inference": ["status": "live", "providerId": .string(id), "task": task]
            ],
        ])
    }

    private func runtime(_ request: Request) -> Response {
        .json(["stage": core.plan.take(.notRunning) ? "SLEEPING" : "RUNNING", "hardware": ["current": "cpu-basic"]])
    }

    // MARK: The Space

    private func root(_ request: Request) -> String {
        "\(core.publicURL)/spaces/\(request.parameters["owner"] ?? "")/\(request.parameters["name"] ?? "")"
    }

    private func upload(_ request: Request) async throws -> Response {
        let body = try await request.body.collect()
        guard let file = EmulatorCore.firstFile(body, request) else { return Response(status: .unprocessableContent) }
        let path = "/spool/gradio/\(SHA256.hash(file.bytes).hex)/\(file.name)"
        uploads[path] = file.bytes
        return .json([.string(path)])
    }

    private func call(_ request: Request) async throws -> Response {
        let body = try await core.json(request)
        if let refusal = core.refusal(key: "detail") { return refusal }
        guard let data = body["data"]?.array, !core.plan.take(.refusedInput) else {
            return .json(["detail": "The input does not fit."], status: .unprocessableContent)
        }
        if let path = data.first?["path"]?.string, uploads[path] == nil {
            return .json(["detail": "There is no such file."], status: .badRequest)
        }
        let id = randomBytes(16).map { String($0, radix: 16) }.joined()
        events[id] = data
        return try await core.taken(.json(["event_id": .string(id)]))
    }

    private func stream(_ request: Request) async throws -> Response {
        let id = request.parameters["event"] ?? ""
        guard events[id] != nil else { return .json(["detail": "Event not found"], status: .notFound) }
        if core.plan.take(.hangAtStatus) { return try await core.hang() }
        let (plan, end) = (core.plan, try end(request))
        let isCut = plan.take(.wrongJSONAtStatus)
        return .events { [core] writer in
            try await writer.write(ServerSentEvent("heartbeat", data: "null").bytes)
            if plan.take(.neverEnds) { _ = try await core.hang() }
            if isCut { throw EmulatorCore.Broken() }
            try await writer.write(end.bytes)
        }
    }

    private func end(_ request: Request) throws -> ServerSentEvent {
        if core.plan.take(.failed) { return ServerSentEvent("error", data: "null") }
        if core.plan.take(.unsafe) { return ServerSentEvent("error", data: "\"NSFW content was found\"") }
        core.paid += 1
        let file: JSON = [
            "path": "/spool/gradio/result.png", "url": .string(try core.newPicture()), "size": .null,
            "orig_name": "image.png", "mime_type": .null, "is_stream": false, "meta": ["_type": "gradio.FileData"],
        ]
        return ServerSentEvent("complete", data: JSON.array([file]).text)
    }
}

import Crypto
import HTTP
import HTTPTypes
import Images
import JSONText
import Loop
import Workflows

/// The photo tools and text routes (contract 4): each a task behind a call that waits for it.
@LoopActor
struct PhotoToolRoutes {
    let submit: SubmitRoute
    let room: ProviderRoom
    let images: FileStore
    let held: HeldRequests
    /// For a job that nobody waits for.
    let budget: Duration
    let bodyLimit: Int

    func add(to router: Router) {
        for tool in PhotoTool.all {
            router.on(.post, tool.path, bodyLimit: bodyLimit) { try await answer($0, tool) }
        }
    }

    private func answer(_ request: Request, _ tool: PhotoTool) async throws -> Response {
        let outcome: SubmitRoute.Outcome
        do {
            outcome = try await submit.submit(request, run: tool.summary) { reading in
                SubmitRoute.Rewritten(body: reading.json, edit: { $0.errand = errand($0, tool) })
            }
        } catch let problem as HTTPProblem where problem.code == SafetyPolicy.refusalCode {
            return .json(Self.failure(problem.detail, attempts: [], code: problem.code), status: problem.status)
        }
        let entry = outcome.entry
        await held.end(of: entry, for: request)
        var headers: HTTPFields = [.location: "/tasks/\(entry.task.id)"]
        if outcome.isReplayed { headers[.idempotentReplayed] = "true" }
        return try await answer(entry.task, tool, headers)
    }

    private func errand(_ task: GenerationTask, _ tool: PhotoTool) -> Errand {
        let pictures = Set(tool.parameters.parameters.filter(\.schema.isImage).map(\.name))
        // The chain ends a moment before the caller is answered, where the pictures were quick to come.
        let longest = held.waits.longest
        let time = longest > .zero ? longest - min(.seconds(1), longest / 10) : budget
        return Errand(
            kind: tool.kind,
            parameters: JSONObject(task.params.filter { !pictures.contains($0.key) }.map { ($0.key, $0.value) }),
            order: room.order(of: tool.kind), deadline: TaskBook.now() + time.milliseconds)
    }

    // MARK: Answers

    private func answer(_ task: GenerationTask, _ tool: PhotoTool, _ headers: HTTPFields) async throws -> Response {
        let attempts = task.errand?.record.attempts ?? []
        switch task.state {
        case .done:
            var members: JSONObject = [
                "success": true, "message": .string(tool.message), "source": task.source.map(JSON.string) ?? .null,
                "attempts": .array(attempts.map(\.json)), "warnings": .array(task.warnings.map(JSON.string)),
            ]
            if let text = task.errand?.result.text { members["text"] = .string(text) }
            if let name = task.images.first { members["image"] = .string(try await dataURI(name)) }
            return .json(.object(members), headers: headers)
        case .failed, .cancelled:
            let (status, code) = Self.status(of: task.errand?.result.failure)
            var headers = headers
            if let pause = task.errand?.result.retryAfter { headers[.retryAfter] = String(Int(pause.rounded(.up))) }
            return .json(
                Self.failure(task.error ?? "It was cancelled.", attempts: attempts, code: code), status: status,
                headers: headers)
        default:
            return .json(TaskAnswer.short(task, image: nil), status: .accepted, headers: headers)
        }
    }

    private static func status(of failure: ProviderFailure.Kind?) -> (HTTPResponse.Status, Int?) {
        switch failure {
        case .badInput: (.unprocessableContent, nil)
        case .refusedAsUnsafe: (.unprocessableContent, SafetyPolicy.refusalCode)
        default: (.badGateway, nil)
        }
    }

    private static func failure(_ error: String, attempts: [ChainAttempt], code: Int?) -> JSON {
        var members: JSONObject = [
            "success": false, "error": .string(error), "attempts": .array(attempts.map(\.json)),
        ]
        if let code { members["code"] = JSON(code) }
        return .object(members)
    }

    private func dataURI(_ name: String) async throws -> String {
        let images = images
        return try await offLoop {
            let bytes = try images.read(name)
            let mime = ImageFormat(sniffing: bytes)?.mimeType ?? "application/octet-stream"
            return "data:\(mime);base64,\(Base64.encode(bytes))"
        }
    }
}

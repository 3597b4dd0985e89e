import HTTPTypes
import JSONText
import Loop
import Outbound
import Wire

/// One ComfyUI's HTTP routes. Each call asks once and gives what was answered; who repeats, and how often, is decided by
/// the caller.
@LoopActor
final class ComfyUIClient {
    /// Such as `http://localhost:8188`, with no slash at its end.
    let baseURL: String
    let http: HTTPClient
    /// Whether `/api/jobs` is there, as far as is known.
    private var hasJobs = true

    init(baseURL: String, http: HTTPClient) {
        self.baseURL = baseURL
        self.http = http
    }

    /// Why there is no answer to use.
    struct NoAnswer: Error, Sendable {
        let silence: PromptWatch.Silence
        /// For the log.
        let reason: String
        /// Whether ComfyUI may have acted on the request all the same.
        let mayHaveActed: Bool
    }

    /// `GET /system_stats`: whether it is there at all.
    func isAvailable(within limit: Duration) async -> Bool {
        let answer = try? await ask(.get, "/system_stats", limit: limit)
        return answer?.status == 200 && answer?.body["system"] != nil
    }

    /// `GET /history/{prompt_id}`; nil when there is no entry.
    func history(of promptID: String) async throws(NoAnswer) -> HistoryEntry? {
        let answer = try await ask(.get, "/history/\(promptID)", limit: .seconds(10), maxBytes: 64 << 20)
        guard answer.status == 200, answer.body.object != nil else { throw odd(answer, "GET /history") }
        return HistoryEntry(promptID: promptID, answer: answer.body)
    }

    /// `GET /queue`.
    func queue(within limit: Duration = .seconds(10)) async throws(NoAnswer) -> QueueSnapshot {
        let answer = try await ask(.get, "/queue", limit: limit, maxBytes: 64 << 20)
        guard answer.status == 200, let queue = QueueSnapshot(answer: answer.body) else {
            throw odd(answer, "GET /queue")
        }
        return queue
    }

    /// Whether it has the prompt, or its result.
    func has(_ promptID: String) async throws(NoAnswer) -> Bool {
        if try await queue().place(of: promptID) != .absent { return true }
        return try await history(of: promptID) != nil
    }

    /// `POST /prompt`. Never sends what kills or wedges a ComfyUI: `extra_data: null`, a `client_id` that is no string,
    /// a number that is none.
    ///
    /// - Returns: nil when it is taken whole; else why it was refused. What a refusal with status 200 left in the queue
    ///   is the caller's to delete.
    func submit(_ graph: JSON, promptID: String, clientID: String) async throws(NoAnswer) -> GenerationFailure? {
        guard graph.firstNonFinite == nil else {
            return GenerationFailure(.input, "A number of the workflow is not finite.")
        }
        let body: JSON = ["prompt": graph, "prompt_id": .string(promptID), "client_id": .string(clientID)]
        let answer = try await ask(.post, "/prompt", body: body, limit: .seconds(60))
        guard answer.status == 200 else {
            if answer.status == 400 || answer.status == 413 || answer.status == 500 {
                return Refusal.failure(status: answer.status, body: answer.body)
            }
            throw odd(answer, "POST /prompt")
        }
        guard answer.body["prompt_id"]?.string != nil else { throw odd(answer, "POST /prompt") }
        let errors = answer.body["node_errors"] ?? .null
        return Refusal.nodeErrors(errors).isEmpty ? nil : Refusal.failure(status: 200, body: answer.body)
    }

    /// Stops a prompt, and no other: by `POST /api/jobs/{id}/cancel` where this ComfyUI has it, else
    /// `POST /queue {"delete":[id]}` takes a waiting prompt out, and then, only when this very prompt is running,
    /// `POST /interrupt {"prompt_id":id}`. Those two answer 200 whatever they did.
    func stop(_ promptID: String) async throws(NoAnswer) {
        if try await cancelJob(promptID) { return }
        _ = try await ask(.post, "/queue", body: ["delete": [.string(promptID)]], limit: .seconds(10))
        guard try await queue().running.contains(promptID) else { return }
        _ = try await ask(.post, "/interrupt", body: ["prompt_id": .string(promptID)], limit: .seconds(10))
    }

    /// - Returns: false when this ComfyUI has no such route, or knows no such job.
    private func cancelJob(_ promptID: String) async throws(NoAnswer) -> Bool {
        guard hasJobs else { return false }
        let answer = try await ask(.post, "/api/jobs/\(promptID)/cancel", body: [:], limit: .seconds(10))
        // The server's own 404 for an unknown route is plain text; an older one may take the path for a file's: 405.
        if answer.status == 405 || (answer.status == 404 && answer.body.isNull) { hasJobs = false }
        return answer.status == 200
    }

    /// `POST /free`: gives back GPU memory. It takes effect between two prompts.
    func free() async throws(NoAnswer) {
        _ = try await ask(
            .post, "/free", body: ["unload_models": true, "free_memory": true], limit: .seconds(10))
    }

    /// `POST /history {"delete":[id]}`: an entry whose file is gone helps nobody.
    func forget(_ promptID: String) async throws(NoAnswer) {
        _ = try await ask(.post, "/history", body: ["delete": [.string(promptID)]], limit: .seconds(10))
    }

    /// `POST /upload/image`; the same name with the same bytes is used again.
    ///
    /// - Returns: the name for `LoadImage`, which may be another than asked for.
    /// - Throws: ``NoAnswer``; ``GenerationFailure`` when it is larger than ComfyUI takes (`--max-upload-size`).
    func upload(_ image: MultipartForm.Content, name: String, mime: String) async throws -> String {
        var form = MultipartForm()
        form.addFile(image, name: "image", filename: name, contentType: mime)
        form.addText("input", name: "type")
        form.addText("easel", name: "subfolder")
        let request = ClientRequest(
            method: .post, url: baseURL + "/upload/image", headers: [.contentType: form.contentType], body: form.body,
            timeouts: .init(connect: .seconds(5), idle: .seconds(30), total: .seconds(120)))
        let answer = try await ask(request)
        if answer.status == 413 {
            throw GenerationFailure(.input, "A picture, sound or film is larger than ComfyUI takes.")
        }
        guard answer.status == 200, let given = answer.body["name"]?.string, !given.isEmpty else {
            throw odd(answer, "POST /upload/image")
        }
        let folder = answer.body["subfolder"]?.string ?? ""
        return folder.isEmpty ? given : "\(folder)/\(given)"
    }

    /// `GET /view`: the bytes of a file, as they come.
    func view(_ file: ComfyFile) async throws -> ClientResponse {
        guard case .file(let name, let subfolder, let type) = file.content else {
            throw GenerationFailure(.failed, "A text is no file.")
        }
        let query = [("filename", name), ("subfolder", subfolder), ("type", type)]
            .map { "\($0)=\(Self.escaped($1))" }.joined(separator: "&")
        return try await http.send(
            ClientRequest(
                url: "\(baseURL)/view?\(query)", timeouts: .init(connect: .seconds(5), idle: .seconds(30))))
    }

    /// Percent-encoding for a query's value (RFC 3986 §2.3: the unreserved characters stay).
    nonisolated static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, octet in
            switch octet {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(octet))
            default: result += "%\(digits[Int(octet >> 4)])\(digits[Int(octet & 15)])"
            }
        }
    }

    // MARK: Asking

    private struct Answer {
        let status: Int
        /// Null when the body is not JSON.
        let body: JSON
    }

    private func ask(
        _ method: HTTPRequest.Method, _ path: String, body: JSON? = nil, limit: Duration, maxBytes: Int = 16 << 20
    ) async throws(NoAnswer) -> Answer {
        var request = ClientRequest(
            method: method, url: baseURL + path, timeouts: .init(connect: .seconds(5), idle: limit, total: limit),
            maxBodyBytes: maxBytes)
        if let body {
            request.headers[.contentType] = "application/json"
            request.body = .bytes(body.serialized())
        }
        return try await ask(request)
    }

    private func ask(_ request: ClientRequest) async throws(NoAnswer) -> Answer {
        do {
            let response = try await http.send(request)
            let bytes = try await response.collect()
            let body = bytes.count > 65_536 ? await Self.parse(bytes) : (try? JSON(parsing: bytes)) ?? .null
            return Answer(status: response.status, body: body)
        } catch let error as TransportError {
            let isRefused = error.kind == .cannotConnect
            throw NoAnswer(silence: isRefused ? .refused : .silent, reason: error.message, mayHaveActed: !isRefused)
        } catch {
            throw NoAnswer(silence: .silent, reason: "\(error)", mayHaveActed: true)
        }
    }

    private static func parse(_ bytes: [UInt8]) async -> JSON {
        (try? await offLoop { try JSON(parsing: bytes) }) ?? .null
    }

    private func odd(_ answer: Answer, _ call: String) -> NoAnswer {
        NoAnswer(silence: .silent, reason: "\(call) answered \(answer.status)", mayHaveActed: true)
    }
}

import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Outbound
import Wire
import Workflows

/// `POST /generate`, `DELETE /generate/{task_id}` and `GET /results/{task_id}/{n}`.
@LoopActor
struct GenerateRoutes {
    let dispatcher: Dispatcher
    let library: WorkflowLibrary
    let inputs: InputStore
    /// What a model's URL must be like.
    var modelURLs = OutsideURLRules()

    /// Pictures by hand come as base64 inside the body.
    private static let bodyLimit = 96 << 20
    private static let heartbeat: Duration = .seconds(15)
    private static let maxResultBytes = 512 << 20

    func add(to router: Router) {
        router.on(.post, "/generate", bodyLimit: Self.bodyLimit) { try await generate($0) }
        router.on(.delete, "/generate/{task_id}") { try await cancel($0) }
        router.on(.get, "/results/{task_id}/{n}") { try await result($0) }
    }

    private func generate(_ request: Request) async throws -> Response {
        let bytes = try await request.body.collect()
        let asked = try GenerateBody.request(from: try await parse(bytes))
        let generation: Generation
        do { generation = try await begin(asked, request.id) } catch let refusal as HTTPProblem {
            guard let known = await dispatcher.known(for: asked, requestID: request.id) else { throw refusal }
            generation = known
        }
        let wantsEvents = request.headerFields[.accept]?.contains("text/event-stream") ?? false
        return wantsEvents ? events(of: generation, previews: asked.previews) : try await answer(generation)
    }

    /// - Throws: ``Unprocessable``; `HTTPProblem` for what can be followed all the same where its prompt was submitted
    ///   before: only a new one needs the workflow, its version, the pictures and a ComfyUI that is ready.
    private func begin(_ asked: GenerateRequest, _ requestID: String) async throws -> Generation {
        var asked = asked
        guard let workflow = library[asked.workflow] else {
            throw HTTPProblem(.notFound, "There is no workflow \"\(asked.workflow.prefix(100))\".")
        }
        if let version = asked.version, version != workflow.version {
            throw HTTPProblem(
                .conflict, "The workflow \(workflow.name) has another version now.",
                extra: ["version": .string(workflow.version)])
        }
        let reader = ParameterReader(inputs: inputs, workflow: workflow, modelURLs: modelURLs)
        let (values, missing) = try await reader.read(asked.params)
        guard missing.isEmpty else {
            throw HTTPProblem(
                .conflict, "Pictures are missing here.", extra: ["missing_inputs": .array(missing.map(JSON.string))])
        }
        asked.params = values
        if !dispatcher.isJoined(by: asked) { try checkReadiness(workflow) }
        return dispatcher.generation(for: asked, of: workflow, requestID: requestID)
    }

    private func parse(_ bytes: [UInt8]) async throws -> JSON {
        do {
            return bytes.count < 65_536 ? try JSON(parsing: bytes) : try await offLoop { try JSON(parsing: bytes) }
        } catch let error as JSONError {
            throw Unprocessable(faults: [.invalidJSON(error)])
        }
    }

    private func checkReadiness(_ workflow: Workflow) throws {
        guard workflow.isReady else {
            throw HTTPProblem(
                .serviceUnavailable,
                "The workflow \(workflow.name) cannot run: \(workflow.reasons.joined(separator: "; "))")
        }
        guard dispatcher.isAnyAvailable else {
            throw HTTPProblem(.serviceUnavailable, "No ComfyUI answers.", headers: [.retryAfter: "2"])
        }
    }

    // MARK: Events

    private func events(of generation: Generation, previews: Bool) -> Response {
        .events { body in
            var told = Told()
            while true {
                let revision = generation.revision
                for event in told.news(of: generation, previews: previews) {
                    try await body.write(ServerSentEvent(event.name, data: event.data.text).bytes)
                }
                if told.hasEnded { return }
                guard generation.revision == revision else { continue }
                try await generation.news(after: revision, within: Self.heartbeat)
                if generation.revision == revision { try await body.write(ServerSentEvent.comment) }
            }
        }
    }

    /// What one listener has been told: it gets the newest progress, not all of it.
    private struct Told {
        private var accepted = false
        private var started = false
        private var progress: Double?
        private var preview: GenerationEvent?
        private(set) var hasEnded = false

        @LoopActor
        mutating func news(of generation: Generation, previews: Bool) -> [GenerationEvent] {
            var events: [GenerationEvent] = []
            if !accepted, let event = generation.accepted {
                accepted = true
                events.append(event)
            }
            if !started, generation.hasStarted {
                started = true
                events.append(.started)
            }
            if let value = generation.progress, value != progress {
                progress = value
                events.append(.progress(value))
            }
            if previews, let event = generation.preview, event != preview {
                preview = event
                events.append(event)
            }
            if let event = generation.end {
                hasEnded = true
                events.append(event)
            }
            return events
        }
    }

    // MARK: By hand

    /// The plain form: waits for the end and answers with the first picture.
    private func answer(_ generation: Generation) async throws -> Response {
        while generation.end == nil { try await generation.news(after: generation.revision, within: Self.heartbeat) }
        guard case .result = generation.end else { return Self.failed(generation.end) }
        guard let file = generation.files.first(where: { $0.kind == "image" }), let comfyUI = generation.comfyUI else {
            return .json(["status": "done", "image": .null, "error": .null])
        }
        let view = try await comfyUI.client.view(file)
        guard view.status == 200 else {
            return .json(["status": "failed", "image": .null, "error": "ComfyUI names a picture that is gone."])
        }
        let bytes = try await view.collect(upTo: Self.maxResultBytes)
        let text = try await offLoop { Base64.encode(bytes) }
        return .json(["status": "done", "image": .string(text), "error": .null])
    }

    private static func failed(_ end: GenerationEvent?) -> Response {
        guard case .error(let failure) = end else {
            return .json(["status": "failed", "image": .null, "error": .null])
        }
        return .json(["status": "failed", "image": .null, "error": .string(failure.message)])
    }

    /// A task that this process does not know may have been another's before it: its prompt is found by its name.
    private func cancel(_ request: Request) async throws -> Response {
        let taskID = request.parameters["task_id"] ?? ""
        let attempt = request.query("attempt").flatMap { Int($0) }
        if let generation = dispatcher[taskID], attempt == nil || attempt == generation.attempt {
            return .json(["cancelled": .bool(generation.stop())])
        }
        guard UUID16(taskID) != nil else { return .json(["cancelled": false]) }
        return .json(["cancelled": .bool(await dispatcher.stopUnknown(taskID, attempt: attempt ?? 1))])
    }

    // MARK: Results

    private func result(_ request: Request) async throws -> Response {
        guard let generation = dispatcher[request.parameters["task_id"] ?? ""], let comfyUI = generation.comfyUI,
            let n = Int(request.parameters["n"] ?? ""), generation.files.indices.contains(n)
        else { throw HTTPProblem(.notFound, "There is no such result.") }
        let file = generation.files[n]
        if case .text(let text) = file.content { return .text(text) }
        let view: ClientResponse
        do { view = try await comfyUI.client.view(file) } catch {
            throw HTTPProblem(.badGateway, "ComfyUI cannot be reached.")
        }
        switch view.status {
        case 200: break
        // Missing, of a bad type, outside its folder: what ComfyUI itself says.
        case 400, 403, 404:
            // The answer of a cached prompt can name a file that was deleted since.
            try? await comfyUI.client.forget(generation.promptID)
            throw HTTPProblem(.gone, "ComfyUI names a file that is gone.")
        default:
            // A proxy's before it, say, while it is away.
            throw HTTPProblem(.badGateway, "ComfyUI answered \(view.status) for the file.")
        }
        let length = view.headers[.contentLength].flatMap { Int($0) }
        return Response(
            headers: [.contentType: file.mime],
            body: .stream(length: length) { body in
                while let bytes = try await view.next() {
                    try await body.write(bytes)
                    dispatcher.resultBytes += bytes.count
                }
            })
    }
}

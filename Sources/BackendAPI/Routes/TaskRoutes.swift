import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Workflows

/// `POST /generate` and `/tasks…`.
@LoopActor
struct TaskRoutes {
    let book: TaskBook
    let submit: SubmitRoute
    let dispatcher: Dispatcher
    let errands: ErrandRunner
    let images: FileStore
    let signer: ImageSigner
    let ring: KeyRing
    let streams: OpenStreams
    let held: HeldRequests
    let bodyLimit: Int

    func add(to router: Router) {
        router.on(.post, "/generate", bodyLimit: bodyLimit) { try await generate($0) }
        router.on(.post, "/workflows/{name}/runs", bodyLimit: bodyLimit) { try await run($0) }
        router.on(.get, "/tasks") { try await list($0) }
        router.on(.get, "/tasks/{id}") { try await get($0) }
        router.on(.delete, "/tasks/{id}") { try await cancel($0) }
        router.on(.get, "/tasks/{id}/events") { try await events($0) }
    }

    private func generate(_ request: Request) async throws -> Response {
        try await answer(request, try await submit.submit(request))
    }

    private func run(_ request: Request) async throws -> Response {
        let name = Catalogue.workflowName(ofMode: request.parameters["name"] ?? "")
        guard let workflow = submit.acceptance.catalogue[name] else {
            throw HTTPProblem(.notFound, "There is no workflow \"\(name.prefix(100))\".")
        }
        return try await answer(request, try await submit.submit(request, run: workflow))
    }

    private func answer(_ request: Request, _ submitted: SubmitRoute.Outcome) async throws -> Response {
        let entry = submitted.entry
        var headers: HTTPFields = [.location: "/tasks/\(entry.task.id)"]
        if submitted.isReplayed { headers[.idempotentReplayed] = "true" }
        if let wait = held.waits.preferred(request.headerFields) {
            headers[.preferenceApplied] = "wait=\(wait.components.seconds)"
            await held.end(of: entry, for: request, within: wait)
        }
        return .json(TaskAnswer.short(entry.task, image: try await image(entry.task)), headers: headers)
    }

    private func get(_ request: Request) async throws -> Response {
        let entry = try await find(request)
        let sign = try signing(request)
        if let wait = try held.waits.asked(request) { await held.end(of: entry, for: request, within: wait) }
        return .json(sign(try await long(entry)))
    }

    private func list(_ request: Request) async throws -> Response {
        let limit = try request.number("limit", default: 50, in: 1...200)
        let cursor = try await cursor(request)
        let state = request.query("status")
        if let state, TaskState(rawValue: state) == nil {
            let states = TaskState.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw Unprocessable(
                faults: [
                    Fault(
                        type: "enum", loc: ["query", "status"], msg: "Input should be one of \(states)",
                        input: .string(state))
                ])
        }
        let sign = try signing(request)
        let workflow = request.query("mode").map(Catalogue.workflowName)
        let tasks = try await book.page(
            of: ring.isEmpty ? nil : request.caller.tenant, state: state, workflow: workflow, before: cursor,
            limit: limit + 1)
        // The copy in memory is newer than the row: it may have left the state that was asked for.
        let shown = tasks.prefix(limit).filter { state == nil || $0.task.state.rawValue == state }
            .map { sign(TaskAnswer.long($0, in: book)) }
        let next = tasks.count > limit ? tasks[limit - 1].task.id : nil
        return .json(["tasks": .array(shown), "next_cursor": next.map(JSON.string) ?? .null])
    }

    /// The number of the task that `cursor` names: the numbers themselves would tell how many tasks others have.
    private func cursor(_ request: Request) async throws -> Int {
        guard let id = request.query("cursor") else { return .max }
        guard UUID16(id) != nil, let entry = try await book.find(id.lowercased()), request.caller.maySee(entry.task)
        else {
            let what = "it is the next_cursor of a page before, whose task may be gone by now"
            throw Unprocessable(faults: [.valueError(["query", "cursor"], what, input: .string(id))])
        }
        return entry.task.number
    }

    private func cancel(_ request: Request) async throws -> Response {
        let entry = try await find(request)
        let isStopped =
            entry.task.errand == nil ? try await dispatcher.cancel(entry) : try await errands.cancel(entry)
        guard isStopped else {
            throw HTTPProblem(.conflict, "The task had ended already: it is \(entry.task.state.rawValue).")
        }
        return .json(try await long(entry))
    }

    private func events(_ request: Request) async throws -> Response {
        let entry = try await find(request)
        let seen = request.headerFields[.lastEventID].flatMap { Int($0) } ?? 0
        if entry.task.state.hasEnded, seen >= EventStream.doneID(of: entry.task) {
            return Response(status: .noContent)
        }
        let (key, sign) = (request.caller.key?.id, try signing(request))
        return EventStream(
            book: book, entry: entry, place: try streams.enter(request.caller), seen: seen, sign: sign,
            isWelcome: { key.map { !ring.isRevoked($0) } ?? true }
        ).response
    }

    // MARK: Parts

    private func find(_ request: Request) async throws -> LiveTask {
        let id = request.parameters["id"] ?? ""
        guard UUID16(id) != nil, let entry = try await book.find(id.lowercased()), request.caller.maySee(entry.task)
        else {
            throw HTTPProblem(.notFound, "There is no such task.")
        }
        return entry
    }

    /// `?sign=N`: the URLs of pictures are good for N seconds without a key.
    private func signing(_ request: Request) throws -> @LoopActor @Sendable (JSON) -> JSON {
        guard let seconds = try request.secondsToSign() else { return { $0 } }
        return { [signer] in signer.signed($0, until: TaskBook.now() / 1000 + Int64(seconds)) }
    }

    private func long(_ entry: LiveTask) async throws -> JSON {
        TaskAnswer.long(entry, in: book, image: try await image(entry.task))
    }

    /// The first picture in base64, once the task is done.
    private func image(_ task: GenerationTask) async throws -> String? {
        guard task.state == .done, let name = task.images.first else { return nil }
        let images = images
        return try? await offLoop { Base64.encode(try images.read(name)) }
    }
}

extension HTTPField.Name {
    /// HTML standard, "Server-sent events". The literal is a token, so the name exists.
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}

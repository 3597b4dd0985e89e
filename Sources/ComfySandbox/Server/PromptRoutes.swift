import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import WebSocket

/// Prompts, their queue, their history, and the sockets that follow them.
@LoopActor
struct PromptRoutes {
    let sandbox: Sandbox
    private var state: SandboxState { sandbox.state }

    init(sandbox: Sandbox) { self.sandbox = sandbox }

    var execInfo: JSON { ["exec_info": ["queue_remaining": JSON(state.queue.remaining)]] }

    func submit(_ request: Request) async throws -> Response {
        let body = try await readJSON(request)
        let catalogue = await sandbox.catalogue()
        let reader = PromptReader(catalogue: catalogue) { [files = sandbox.files] in files.annotatedPath($0) != nil }
        switch reader.read(body, queue: &state.queue) {
        case .crashed: throw Crash()
        case .refused(let problem): return Answers.json(problem, status: .badRequest)
        case .queued(let prompt, let nodeErrors):
            let isOrdered = state.queue.add(prompt)
            sandbox.hub.send(.status(remaining: state.queue.remaining))
            state.wake()
            guard isOrdered else { throw Crash() }
            return Answers.json([
                "prompt_id": .string(prompt.id), "number": prompt.number, "node_errors": .object(nodeErrors),
            ])
        }
    }

    /// Acts on a running prompt only; with an id, only on that one. A body that is no JSON counts as none.
    func interrupt(_ request: Request) async throws -> Response {
        let bytes = try await request.body.collect(upTo: Routes.bodyLimit)
        let body = (try? JSON(parsing: bytes)) ?? [:]
        guard let members = body.object else { throw Crash() }
        let id = members["prompt_id"].flatMap { PythonText.truth($0) ? PythonText.str($0) : nil }
        if let running = state.queue.running, id == nil || id == running.id { state.isInterrupted = true }
        return Answers.empty()
    }

    func free(_ request: Request) async throws -> Response {
        guard let members = try await readJSON(request).object else { throw Crash() }
        if members["free_memory"].map(PythonText.truth) ?? false { state.mustForget = true }
        return Answers.empty()
    }

    // MARK: Queue and history

    func changeQueue(_ request: Request) async throws -> Response {
        guard let members = try await readJSON(request).object else { throw Crash() }
        if members["clear"].map(PythonText.truth) ?? false {
            state.queue.clear()
            sandbox.hub.send(.status(remaining: state.queue.remaining))
        }
        for id in ids(members["delete"]) where state.queue.delete(id) {
            sandbox.hub.send(.status(remaining: state.queue.remaining))
        }
        return Answers.empty()
    }

    func history(_ request: Request) throws -> Response {
        let maximum = try number(request, "max_items")
        return Answers.json(state.history.json(maximum: maximum, offset: try number(request, "offset") ?? -1))
    }

    /// `{}` for every id that is not there, whatever the reason.
    func historyEntry(_ id: String) -> Response {
        Answers.json(state.history[id].map { .object([id: $0.json]) } ?? [:])
    }

    func changeHistory(_ request: Request) async throws -> Response {
        guard let members = try await readJSON(request).object else { throw Crash() }
        if members["clear"].map(PythonText.truth) ?? false { state.history.clear() }
        for id in ids(members["delete"]) { state.history.remove(id) }
        return Answers.empty()
    }

    /// A text in the place of a list is as good as its letters: it deletes nothing.
    private func ids(_ value: JSON?) -> [String] { (value?.array ?? []).map(PythonText.str) }

    private func number(_ request: Request, _ name: String) throws -> Int? {
        guard let text = request.query(name) else { return nil }
        guard let number = Int(text) else { throw Crash() }
        return number
    }

    // MARK: Sockets

    func openSocket(_ request: Request) throws -> Response {
        let fields = request.headerFields
        guard fields[.upgrade]?.lowercased() == "websocket", let key = fields[.secWebSocketKey] else {
            let found = PythonText.repr(fields[.upgrade].map(JSON.string) ?? .null)
            return Answers.text(
                "No WebSocket UPGRADE hdr: \(found)\n Can \"Upgrade\" only to \"WebSocket\".", .badRequest)
        }
        if state.fault(.rejectSockets, path: request.path) != nil { return Answers.empty(.serviceUnavailable) }
        let asked = request.query("clientId") ?? ""
        let sid = asked.isEmpty ? Hex.encode(randomBytes(16)) : asked
        let headers: HTTPFields = [
            .upgrade: "websocket", .secWebSocketAccept: WebSocketHandshake.acceptKey(for: key),
        ]
        return Response(
            status: .switchingProtocols, headers: headers,
            body: .upgrade { [hub = sandbox.hub, state] connection, leftover in
                let client = SocketClient(connection, leftover: leftover, sid: sid)
                await hub.serve(client, remaining: state.queue.remaining)
            })
    }
}

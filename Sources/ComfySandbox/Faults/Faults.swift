import HTTP
import HTTPTypes
import JSONText
import Loop

/// Spoils requests to ComfyUI's own routes as was asked for.
@LoopActor
struct Faults {
    let state: SandboxState

    func answer(_ request: Request, by handler: Router.Handler) async throws -> Response {
        let path = request.path
        if state.fault(.hang, path: path) != nil {
            try? await state.waitUntilCleared()
            return Response(body: .abandoned)
        }
        let slow = state.fault(.slow, path: path)
        if let slow { try await sleep(for: .milliseconds(slow.milliseconds)) }
        if let fault = state.fault(.httpError, path: path) {
            return Answers.text("\(fault.status): asked for", HTTPResponse.Status(code: fault.status))
        }
        if state.fault(.notJSON, path: path) != nil {
            return .text("<html><body>This is no JSON.</body></html>", type: "text/html")
        }
        if state.fault(.lostAnswer, path: path) != nil {
            _ = try? await handler(request)
            return Response(body: .abandoned)
        }
        let response = try await handler(request)
        return slow.map { Self.dripped(response, $0) } ?? response
    }

    /// The same body, a few bytes at a time.
    private static func dripped(_ response: Response, _ slow: Fault) -> Response {
        guard slow.chunk > 0, case .bytes(let bytes) = response.body else { return response }
        var response = response
        response.body = .stream(length: bytes.count) { writer in
            var rest = bytes[...]
            while !rest.isEmpty {
                try await writer.write(Array(rest.prefix(slow.chunk)))
                rest = rest.dropFirst(slow.chunk)
                if !rest.isEmpty { try await sleep(for: .milliseconds(slow.milliseconds)) }
            }
        }
        return response
    }

    /// `POST /sandbox/faults`: one fault or a list of them.
    static func add(_ request: Request, to state: SandboxState) async throws -> Response {
        do {
            let json = try await readJSON(request)
            let faults = try (json.array ?? [json]).map { json throws(FaultProblem) in try Fault(json) }
            try state.add(faults)
            return Answers.json(state.faults.json)
        } catch let problem as FaultProblem {
            return Answers.json(["error": .string(problem.message)], status: .badRequest)
        } catch is Crash {
            return Answers.json(["error": "the body is no JSON"], status: .badRequest)
        }
    }
}

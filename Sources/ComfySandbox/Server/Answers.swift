import Foundation
import HTTP
import HTTPTypes
import JSONText
import Loop

/// What ComfyUI's server says where a handler raises.
struct Crash: Error {}

/// Answers in the words and types of ComfyUI's server.
enum Answers {
    static func json(_ value: JSON, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: .bytes(value.serialized()))
    }

    /// A status with no body.
    static func empty(_ status: HTTPResponse.Status = .ok) -> Response { Response(status: status) }

    static func text(_ text: String, _ status: HTTPResponse.Status) -> Response { .text(text, status: status) }

    static let crash = text("500 Internal Server Error\n\nServer got itself in trouble", .internalServerError)
    static let tooLarge = text("Maximum request body size \(Routes.bodyLimit) exceeded.", .contentTooLarge)
}

/// The body of a request as JSON.
/// - Throws: ``Crash`` for what is none.
@LoopActor
func readJSON(_ request: Request) async throws -> JSON {
    let bytes = try await request.body.collect(upTo: Routes.bodyLimit)
    let parse: @Sendable () throws -> JSON = {
        do { return try JSON(parsing: bytes) } catch { throw Crash() }
    }
    return bytes.count > 65_536 ? try await offLoop(parse) : try parse()
}

/// Says who answers, and refuses pages of other origins.
struct ComfyManners: Middleware {
    func receive(_ request: inout Request) -> Response? { isForeign(request) ? Answers.empty(.forbidden) : nil }

    func reply(_ response: inout Response, to request: Request) { response.headers[.server] = "ComfySandbox" }

    /// ComfyUI's answer to an error.
    static func answer(_ error: any Error) -> Response { (error as? HTTPProblem).map(answer) ?? Answers.crash }

    private static func answer(_ problem: HTTPProblem) -> Response {
        switch problem.status.code {
        case 404: return Answers.empty(.notFound)
        case 405:
            var response = Answers.text("405: Method Not Allowed", .methodNotAllowed)
            response.headers[.allow] = problem.headers[.allow]
            return response
        case 413: return Answers.tooLarge
        default: return problem.response
        }
    }

    /// A page of another origin may not reach a server on this machine.
    private func isForeign(_ request: Request) -> Bool {
        guard let origin = request.headerFields[.origin], let host = request.head.authority else { return false }
        let parts = URLComponents(string: origin)
        let port = parts?.port.map { ":\($0)" } ?? ""
        return (parts?.host ?? "") + port != host
    }
}

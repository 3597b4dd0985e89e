import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop

/// What became of a task's webhooks, and a way to send one again.
@LoopActor
struct WebhookRoutes {
    let book: TaskBook
    let database: TaskDatabase
    let sender: WebhookSender

    func add(to router: Router) {
        router.on(.get, "/tasks/{id}/webhooks") { try await list($0) }
        router.on(.post, "/tasks/{id}/webhooks/{delivery}/resend") { try await resend($0) }
    }

    private func list(_ request: Request) async throws -> Response {
        let id = try await taskID(request)
        let shown = try await database.read { database in
            try WebhookRow.all(of: id, database).map { try $0.json(WebhookRow.tries(of: $0.id, database)) }
        }
        return .json(["webhooks": .array(shown)])
    }

    private func resend(_ request: Request) async throws -> Response {
        let id = try await taskID(request)
        guard sender.canSend else {
            throw HTTPProblem(.conflict, "No webhook can be sent: WEBHOOK_SECRET, which signs them, is not set.")
        }
        let delivery = request.parameters["delivery"] ?? ""
        let now = TaskBook.now()
        let shown = try await database.write { database in
            try WebhookRow.sendAgain(delivery, of: id, at: now, database)
                .map { try $0.json(WebhookRow.tries(of: $0.id, database)) }
        }
        guard let shown else { throw HTTPProblem(.notFound, "The task has no such webhook.") }
        sender.wake()
        return .json(shown, status: .accepted)
    }

    private func taskID(_ request: Request) async throws -> String {
        let id = (request.parameters["id"] ?? "").lowercased()
        guard UUID16(id) != nil, let entry = try await book.find(id), request.caller.maySee(entry.task) else {
            throw HTTPProblem(.notFound, "There is no such task.")
        }
        return id
    }
}

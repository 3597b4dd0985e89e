import HTTPTypes
import JSONText
import Workflows

/// Every operation of the backend. A route that is not here fails a test.
enum APIOperations {
    static func all(_ catalogue: WorkflowCatalogue) -> [APIOperation] {
        tasks(catalogue) + events + webhooks + workflows + products + about + catalogue.workflows.map(run)
    }

    static let idempotencyKey = APIOperation.header(
        "Idempotency-Key", "The same key and body is the same task, for 24 hours.",
        ["type": "string", "minLength": 1, "maxLength": 255])
    private static let prefer = APIOperation.header(
        "Prefer", "`wait=N` holds the answer for at most N seconds until the task ends (RFC 7240).")
    static let sign = APIOperation.query(
        "sign", "Sign the URLs of pictures, so that they need no key for so many seconds.",
        ["type": "integer", "minimum": 1, "maximum": JSON(ImageSigner.longest)])
    private static let accepting: [APIOperation.Answer] = [
        .json(200, "The task as it stands.", "ShortTask"), .problem(400, "The request is malformed."), .faults,
        .problem(409, "The Idempotency-Key was used with another body."), .problem(413, "The body is too large."),
        .problem(429, "Too many tasks wait; `Retry-After` says when to come again."),
        .problem(503, "The workflow cannot run now; the reason says why."), .problem(507, "The disk is nearly full."),
    ]
    private static let missing = APIOperation.Answer.problem(404, "There is no such thing.")

    private static func tasks(_ catalogue: WorkflowCatalogue) -> [APIOperation] {
        [
            APIOperation(
                method: .post, path: "/generate", summary: "Make a picture", tag: "Tasks",
                parameters: [prefer, idempotencyKey], body: APISchemas.generate(catalogue), answers: accepting),
            APIOperation(
                method: .get, path: "/tasks", summary: "List tasks, newest first", tag: "Tasks",
                parameters: [
                    APIOperation.query(
                        "status", "Only tasks in this state.",
                        ["type": "string", "enum": .array(TaskState.allCases.map { .string($0.rawValue) })]),
                    APIOperation.query("mode", "Only tasks of this workflow.", ["type": "string"]),
                    APIOperation.query("cursor", "The `next_cursor` of the page before.", ["type": "string"]),
                    APIOperation.query(
                        "limit", "Tasks on a page.",
                        ["type": "integer", "minimum": 1, "maximum": 200, "default": 50]),
                    sign,
                ], answers: [.json(200, "A page of tasks.", "TaskList"), .faults]),
            APIOperation(
                method: .get, path: "/tasks/{id}", summary: "A task as it stands", tag: "Tasks",
                parameters: [
                    APIOperation.query(
                        "wait", "Hold the answer for at most so many seconds until the task ends.",
                        ["type": "number", "minimum": 0]),
                    sign,
                ], answers: [.json(200, "The task.", "Task"), missing, .faults]),
            APIOperation(
                method: .delete, path: "/tasks/{id}", summary: "Cancel a task", tag: "Tasks",
                answers: [.json(200, "The task.", "Task"), missing, .problem(409, "It had ended already.")]),
        ]
    }

    private static let events = [
        APIOperation(
            method: .get, path: "/tasks/{id}/events", summary: "Follow a task", tag: "Tasks",
            parameters: [APIOperation.header("Last-Event-ID", "Go on after this event."), sign],
            answers: [
                .init(status: 200, meaning: "status, progress, preview, done.", type: "text/event-stream", schema: [:]),
                .init(status: 204, meaning: "All was told already."), missing, .faults,
                .problem(429, "Too many requests, or too many streams are open."),
            ]),
        APIOperation(
            method: .get, path: "/images/{name}", summary: "A result", tag: "Tasks",
            parameters: [
                APIOperation.header("Range", "One range of bytes."), APIOperation.header("If-None-Match", "An ETag."),
                APIOperation.header("If-Range", "An ETag."),
                APIOperation.query("expires", "Of a signed URL: its end.", ["type": "string"]),
                APIOperation.query("signature", "Of a signed URL, which needs no key.", ["type": "string"]),
            ],
            answers: [
                .init(status: 200, meaning: "The file.", type: "*/*", schema: [:]),
                .init(status: 206, meaning: "A part of it.", type: "*/*", schema: [:]),
                .init(status: 304, meaning: "It has not changed."), missing,
                .problem(416, "It has no such range."),
            ]),
    ]

    private static let webhooks = [
        APIOperation(
            method: .get, path: "/tasks/{id}/webhooks", summary: "What was told of a task, and how it went",
            tag: "Webhooks", answers: [.json(200, "The deliveries.", "WebhookList"), missing]),
        APIOperation(
            method: .post, path: "/tasks/{id}/webhooks/{delivery}/resend", summary: "Send a webhook again",
            tag: "Webhooks",
            answers: [
                .json(202, "The delivery.", "Webhook"), missing,
                .problem(409, "It is under way, or there is no WEBHOOK_SECRET."),
            ]),
    ]

    private static let workflows = [
        APIOperation(
            method: .get, path: "/workflows", summary: "What can be made here", tag: "Workflows",
            answers: [.json(200, "All workflows.", "WorkflowList")]),
        APIOperation(
            method: .get, path: "/workflows/{name}", summary: "A workflow, and why it cannot run", tag: "Workflows",
            answers: [.json(200, "The workflow.", "Workflow"), missing]),
        APIOperation(
            method: .get, path: "/styles", summary: "Named styles", tag: "Workflows",
            answers: [.json(200, "All styles.", "StyleList")]),
    ]

    private static let standing: JSON = [
        "type": "object", "required": ["status"],
        "properties": ["status": ["type": "string"], "reason": ["type": "string"]],
    ]

    private static let about = [
        APIOperation(
            method: .get, path: "/health", summary: "How the service is", tag: "Service",
            answers: [.json(200, "Always.", "Health")]),
        APIOperation(
            method: .get, path: "/health/live", summary: "Whether the process serves", tag: "Service",
            answers: [.init(status: 200, meaning: "It does.", schema: standing)]),
        APIOperation(
            method: .get, path: "/health/ready", summary: "Whether it takes tasks", tag: "Service",
            answers: [
                .init(status: 200, meaning: "It does.", schema: standing),
                .init(status: 503, meaning: "It does not: `reason` says why.", schema: standing),
            ]),
        APIOperation(
            method: .get, path: "/metrics", summary: "Counts, for Prometheus", tag: "Service",
            answers: [
                .init(status: 200, meaning: "Text, version 0.0.4.", type: "text/plain", schema: ["type": "string"])
            ]
        ),
        APIOperation(
            method: .get, path: "/openapi.json", summary: "This document", tag: "Service",
            answers: [.init(status: 200, meaning: "OpenAPI 3.1.", schema: ["type": "object"])]),
        APIOperation(
            method: .get, path: "/docs", summary: "This document for people", tag: "Service",
            answers: [.init(status: 200, meaning: "A page.", type: "text/html", schema: ["type": "string"])]),
    ]

    private static func run(_ workflow: WorkflowSummary) -> APIOperation {
        APIOperation(
            method: .post, path: "/workflows/\(workflow.name)/runs", summary: "Run \(workflow.title)",
            tag: "Runs", parameters: [prefer, idempotencyKey], body: APISchemas.run(workflow), answers: accepting)
    }
}

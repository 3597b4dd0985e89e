import JSONText
import Workflows

/// The schemas that the API's operations refer to (JSON Schema 2020-12).
enum APISchemas {
    static func reference(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/\(name)")] }

    private static let text: JSON = ["type": "string"]
    private static let maybeText: JSON = ["type": ["string", "null"]]
    private static let maybeTime: JSON = ["type": ["string", "null"], "format": "date-time"]
    private static let texts: JSON = ["type": "array", "items": ["type": "string"]]
    private static let states: JSON = [
        "type": "string", "enum": .array(TaskState.allCases.map { .string($0.rawValue) }),
    ]

    static func object(_ properties: JSONObject, required: [String]? = nil) -> JSON {
        [
            "type": "object", "properties": .object(properties),
            "required": .array((required ?? properties.keys).map(JSON.string)),
        ]
    }

    static var all: JSONObject { common.merging(products) }

    private static var common: JSONObject {
        [
            "Problem": problem, "Faults": faults, "ShortTask": shortTask, "Task": task, "TaskList": taskList,
            "Workflow": workflow, "WorkflowList": object(["workflows": list(of: "Workflow")]), "Style": style,
            "StyleList": object(["styles": list(of: "Style")]), "Health": health, "Webhook": webhook,
            "WebhookList": object(["webhooks": list(of: "Webhook")]),
        ]
    }

    private static func list(of name: String) -> JSON { ["type": "array", "items": reference(name)] }

    /// RFC 9457.
    private static let problem = object(
        ["type": text, "title": text, "status": ["type": "integer"], "detail": text, "code": ["type": "integer"]],
        required: ["title", "status"])

    /// As FastAPI has it.
    private static let faults = object([
        "detail": [
            "type": "array",
            "items": object(
                [
                    "type": text, "loc": ["type": "array", "items": ["type": ["string", "integer"]]], "msg": text,
                    "input": [:],
                ], required: ["type", "loc", "msg"]),
        ]
    ])

    private static var shortMembers: JSONObject {
        [
            "task_id": ["type": "string", "format": "uuid"], "status": states,
            "image": ["type": ["string", "null"], "description": "The first picture in base64, once done."],
            "error": maybeText,
        ]
    }

    private static var shortTask: JSON { object(shortMembers) }

    private static var longMembers: JSONObject {
        [
            "mode": text, "version": text,
            "progress": ["type": "number", "minimum": 0, "maximum": 1],
            "queue_position": ["type": ["integer", "null"], "minimum": 0],
            "estimated_seconds": ["type": ["number", "null"], "minimum": 0],
            "created_at": ["type": "string", "format": "date-time"], "started_at": maybeTime, "finished_at": maybeTime,
            "attempts": ["type": "integer", "minimum": 1], "source": maybeText,
            "seed": ["type": ["integer", "null"], "minimum": 0, "maximum": .unsigned(.max)], "images": texts,
            "warnings": texts,
        ]
    }

    private static var task: JSON {
        var members = shortMembers
        for (name, schema) in longMembers { members[name] = schema }
        // Lists have no base64.
        return object(members, required: members.keys.filter { $0 != "image" })
    }

    private static let taskList = object(["tasks": list(of: "Task"), "next_cursor": maybeText])
    private static let workflow = object([
        "name": text, "title": text, "description": maybeText, "version": text, "ready": ["type": "boolean"],
        "reasons": texts, "parameters": ["type": "object", "description": "JSON Schema of the parameters."],
    ])
    private static let style = object(
        ["name": text, "title": text, "prompt_prefix": text, "prompt_suffix": text, "negative": text],
        required: ["name"])
    private static let health = object([
        "status": ["type": "string", "enum": ["healthy", "degraded", "unhealthy"]],
        "gpu_available": ["type": "boolean"], "version": text, "provider": text,
    ])
    private static let webhook = object(
        ["id": text, "event": text, "url": text, "state": text, "tries": ["type": "integer"]])

    // MARK: Requests

    /// What `POST /generate` and a workflow's runs have in common.
    static let options: JSONObject = [
        "style": ["type": ["string", "null"], "description": "A named style; GET /styles lists them."],
        "priority": ["type": ["string", "null"], "enum": ["low", "normal", "high", .null], "default": "normal"],
        "webhook": ["type": ["string", "null"], "format": "uri", "description": "Who is told of the task."],
        "webhook_events": ["type": ["array", "null"], "items": states],
        "output_format": ["type": ["string", "null"], "enum": ["png", "jpeg", "webp", .null]],
        "quality": ["type": ["integer", "null"], "minimum": 1, "maximum": 100],
        "previews": ["type": ["boolean", "null"], "default": false],
        "keep_metadata": ["type": ["boolean", "null"], "default": false],
    ]

    /// The body of `POST /generate`.
    static func generate(_ catalogue: WorkflowCatalogue) -> JSON {
        var members: JSONObject = [
            "mode": [
                "type": "string", "description": "The workflow to run; GET /workflows lists them.",
                "examples": .array(catalogue.workflows.map { .string($0.name) }),
            ],
            "prompt": ["type": ["string", "null"]],
            "face_images": ["type": ["array", "null"], "items": picture(["string"])],
            "target_image": picture(["string", "null"]),
            "extra_params": ["type": ["object", "null"], "description": "Further parameters of the workflow."],
        ]
        for (name, schema) in options { members[name] = schema }
        return object(members, required: ["mode"])
    }

    private static func picture(_ types: JSON) -> JSON {
        ["type": types, "description": "base64, a data: URI, or an https:// URL"]
    }

    /// The same body as `multipart/form-data`: pictures are files.
    static func form(of body: JSON) -> JSON {
        var members: JSONObject = [:]
        for (name, schema) in body["properties"]?.object ?? [:] {
            switch name {
            case "target_image": members[name] = file
            case "face_images": members[name] = ["type": "array", "items": file]
            case "extra_params": members[name] = ["type": "string", "description": "A JSON object as text."]
            default: members[name] = isUpload(schema) ? file : files(schema) ?? schema
            }
        }
        return object(members, required: body["required"]?.array?.compactMap(\.string) ?? [])
    }

    private static let file: JSON = ["type": "string", "format": "binary"]

    private static func isUpload(_ schema: JSON?) -> Bool {
        ["image", "audio", "video"].contains(schema?["format"]?.string ?? "")
    }

    private static func files(_ schema: JSON) -> JSON? {
        isUpload(schema["items"]) ? ["type": "array", "items": file] : nil
    }

    /// The body of a workflow's runs: its parameters beside the options.
    static func run(_ workflow: WorkflowSummary) -> JSON {
        var members = options
        for (name, schema) in workflow.parameters.parameters { members[name] = schema.json }
        return object(members, required: workflow.parameters.required)
    }
}

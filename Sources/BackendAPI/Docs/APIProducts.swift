import HTTPTypes
import JSONText
import Workflows

/// The operations of the products.
extension APIOperations {
    static let products = PhotoTool.all.map(tool) + [portrait]

    private static let running: APIOperation.Answer = .json(202, "It goes on as a task.", "ShortTask")
    private static let limits: [APIOperation.Answer] = [
        .problem(409, "The Idempotency-Key was used with another body."), .problem(413, "The body is too large."),
        .problem(503, "The task could not be kept."), .problem(507, "The disk is nearly full."),
    ]

    private static func tool(_ tool: PhotoTool) -> APIOperation {
        APIOperation(
            method: .post, path: tool.path, summary: tool.title, tag: "Photo tools", parameters: [idempotencyKey],
            body: APISchemas.run(tool.summary),
            answers: [
                .json(200, "It is done; `source` says by whom.", "ToolAnswer"), running,
                .init(
                    status: 422, meaning: "Faults of the request; or it is refused.",
                    schema: ["anyOf": [APISchemas.reference("Faults"), APISchemas.reference("ToolFailure")]]),
                .problem(429, "Too many tasks wait; `Retry-After` says when to come again."),
                .json(502, "All providers failed; `attempts` says how.", "ToolFailure"),
            ] + limits)
    }

    private static let portrait = APIOperation(
        method: .post, path: "/api/generate", summary: "A portrait that keeps the face", tag: "Portraits",
        parameters: [
            idempotencyKey, sign,
            APIOperation.header("Accept-Language", "en, tr or vi: the language of `message` and `action`."),
            APIOperation.query(
                "async", "`true`: 202 at once; the task is followed at /tasks/{id}.", ["type": "string"]),
        ], body: portraitBody, takesForm: false,
        answers: [
            .json(200, "The portrait.", "Portrait"), running,
            .problem(403, "SERVER_API_KEY is set, and X-API-Key is not it; or the API key lacks the scope generate."),
            .init(
                status: 422, meaning: "Faults of the request; 1001, 1002 or 3001.",
                schema: ["anyOf": [APISchemas.reference("Faults"), APISchemas.reference("PortraitFailure")]]),
            .json(429, "2002: too many requests.", "PortraitFailure"),
            .json(502, "4001: the provider failed.", "PortraitFailure"),
            .json(504, "2001: it took too long.", "PortraitFailure"),
        ] + limits)

    private static var portraitBody: JSON {
        let flat = PortraitRequest.summary(maxFaces: 5, denoise: 0.4).parameters
        func schema(_ name: String) -> JSON { flat[name]?.json ?? [:] }
        let packet: JSON = [
            "type": "object", "description": "The person. Unknown members are passed on.",
            "properties": [
                "face_images": schema("face_images"), "face_image": ["type": "string", "format": "image"],
                "fidelity_weight": schema("fidelity_weight"),
            ],
        ]
        let lighting: JSON = [
            "type": ["object", "null"],
            "properties": [
                "direction": ["type": "string", "minLength": 1, "maxLength": 60],
                "ambient": ["type": "string", "minLength": 1, "maxLength": 60],
                "temperature": ["type": "number", "minimum": 1000, "maximum": 12_000, "description": "Kelvin."],
            ],
        ]
        return [
            "type": "object", "required": ["identity_packet", "master_prompt"],
            "properties": [
                "identity_packet": packet, "master_prompt": schema("prompt"),
                "negative_prompt": schema("negative_prompt"),
                "mode": ["type": "string", "enum": ["speed", "quality"], "default": "speed"],
                "lighting_params": lighting, "enable_harmonization": ["type": "boolean", "default": true],
                "denoising_strength": schema("denoising_strength"), "seed": schema("seed"),
            ],
        ]
    }
}

extension APISchemas {
    /// The answers of the products.
    static var products: JSONObject {
        let text: JSON = ["type": "string"]
        let texts: JSON = ["type": "array", "items": text]
        let attempts: JSON = [
            "type": "array",
            "items": object(["source": text, "error": text, "seconds": ["type": "number"]]),
        ]
        let error = object([
            "code": ["type": "integer", "enum": .array(PortraitError.allCases.map { JSON($0.rawValue) })],
            "message": text, "action": text, "retry": ["type": "boolean"],
        ])
        return [
            "ToolAnswer": object(
                [
                    "success": ["const": true], "message": text, "source": text, "image": text, "text": text,
                    "attempts": attempts, "warnings": texts,
                ], required: ["success", "message", "source"]),
            "ToolFailure": object(
                ["success": ["const": false], "error": text, "attempts": attempts, "code": ["type": "integer"]],
                required: ["success", "error", "attempts"]),
            "Portrait": object(
                [
                    "success": ["const": true], "image_url": text, "inference_time": ["type": "number"],
                    "model_version": text, "seed": ["type": ["integer", "null"]], "source": text, "warnings": texts,
                ], required: ["success", "image_url", "inference_time", "model_version", "seed"]),
            "PortraitFailure": object([
                "success": ["const": false], "inference_time": ["type": "number"], "error": error,
            ]),
        ]
    }
}

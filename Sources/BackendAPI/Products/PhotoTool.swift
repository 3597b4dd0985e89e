import JSONText
import Workflows

/// One of the photo tools or text routes (contract 4), as data.
struct PhotoTool: Sendable {
    let path: String
    let kind: ProviderJob.Kind
    let title: String
    /// What the answer says when it is done.
    let message: String
    /// JSON Schema of the body.
    let parameters: ParameterSchema

    /// As the checks of a request see it: a workflow with these parameters.
    var summary: WorkflowSummary {
        WorkflowSummary(
            name: kind.name, title: title, description: nil, version: "1", ready: true, reasons: [],
            parameters: parameters)
    }

    private init(_ path: String, _ kind: ProviderJob.Kind, _ title: String, _ message: String, _ schema: JSON) {
        (self.path, self.kind, self.title, self.message) = (path, kind, title, message)
        // The schemas are those below, and a test reads each.
        parameters = (try? ParameterSchema(json: schema)) ?? ParameterSchema()
    }

    static let all = [fixOldPhoto, hdImage, cartoonify, textToImage, textGeneration]

    private static let image: JSON = [
        "type": "string", "format": "image", "description": "base64, a data: URI, or an https:// URL",
    ]

    private static func body(_ properties: JSON, required: JSON) -> JSON {
        ["type": "object", "properties": properties, "required": required, "additionalProperties": false]
    }

    static let fixOldPhoto = PhotoTool(
        "/api/ai/fix-old-photo", .fixOldPhoto, "Mend an old photo", "Photo restored",
        body(
            ["image": image, "version": ["type": "string", "enum": ["v1.2", "v1.3", "v1.4"], "default": "v1.3"]],
            required: ["image"]))

    static let hdImage = PhotoTool(
        "/api/ai/hd-image", .hdImage, "Enlarge a picture", "Image enlarged",
        body(
            ["image": image, "scale": ["type": "integer", "enum": [2, 4], "default": 4]], required: ["image"]))

    static let cartoonify = PhotoTool(
        "/api/ai/cartoonify", .cartoonify, "Make a cartoon of a photo", "Image cartoonified",
        body(["image": image, "style": ["type": "string", "minLength": 1, "maxLength": 200]], required: ["image"]))

    static let textToImage = PhotoTool(
        "/api/huggingface/text-to-image", .textToImage, "Make a picture of a text", "Image generated",
        body(
            [
                "prompt": ["type": "string", "minLength": 1, "maxLength": 10_000],
                "negative_prompt": ["type": "string", "maxLength": 10_000],
                "width": ["type": "integer", "minimum": 64, "maximum": 2048, "multipleOf": 8],
                "height": ["type": "integer", "minimum": 64, "maximum": 2048, "multipleOf": 8],
                "model": ["type": "string", "minLength": 1, "maxLength": 200],
            ], required: ["prompt"]))

    static let textGeneration = PhotoTool(
        "/api/huggingface/text-generation", .textGeneration, "Continue a text", "Text generated",
        body(
            [
                "prompt": ["type": "string", "minLength": 1, "maxLength": 100_000],
                "max_new_tokens": ["type": "integer", "minimum": 1, "maximum": 8192, "default": 256],
                "temperature": ["type": "number", "minimum": 0, "maximum": 2, "default": 0.7],
                "model": [
                    "type": "string", "minLength": 1, "maxLength": 200,
                    "default": "mistralai/Mistral-7B-Instruct-v0.3",
                ],
            ], required: ["prompt"]))
}

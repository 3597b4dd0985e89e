import HTTPTypes
import JSONText

/// One operation of the API as `GET /openapi.json` tells it (OpenAPI 3.1.1, "Operation Object").
struct APIOperation: Sendable {
    var method: HTTPRequest.Method
    var path: String
    var summary: String
    var tag: String
    /// Query and header parameters; those of the path are read from it.
    var parameters: [JSON] = []
    /// The schema of a JSON body.
    var body: JSON?
    /// Whether a form may say the same. It cannot where a field is an object.
    var takesForm = true
    /// By status: what it means, and the schema of its body, if there is one.
    var answers: [Answer]

    struct Answer: Sendable {
        var status: Int
        var meaning: String
        var type = "application/json"
        var schema: JSON?

        static func json(_ status: Int = 200, _ meaning: String, _ schema: String) -> Answer {
            Answer(status: status, meaning: meaning, schema: APISchemas.reference(schema))
        }

        static func problem(_ status: Int, _ meaning: String) -> Answer {
            Answer(
                status: status, meaning: meaning, type: "application/problem+json",
                schema: APISchemas.reference("Problem"))
        }

        static let faults = Answer(
            status: 422, meaning: "Faults of the request, all at once.", schema: APISchemas.reference("Faults"))
    }

    /// A query parameter.
    static func query(_ name: String, _ description: String, _ schema: JSON) -> JSON {
        parameter(name, in: "query", description, schema)
    }

    static func header(_ name: String, _ description: String, _ schema: JSON = ["type": "string"]) -> JSON {
        parameter(name, in: "header", description, schema)
    }

    private static func parameter(_ name: String, in place: String, _ description: String, _ schema: JSON) -> JSON {
        [
            "name": .string(name), "in": .string(place), "required": .bool(place == "path"),
            "description": .string(description), "schema": schema,
        ]
    }

    var json: JSON {
        let pathParameters = path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
            Self.parameter(String($0.dropFirst().dropLast()), in: "path", "", ["type": "string"])
        }
        var members: JSONObject = ["summary": .string(summary), "tags": [.string(tag)]]
        members["operationId"] = .string(operationID)
        let all = pathParameters + parameters
        if !all.isEmpty { members["parameters"] = .array(all) }
        if let body {
            var content: JSONObject = ["application/json": ["schema": body]]
            if takesForm { content["multipart/form-data"] = ["schema": APISchemas.form(of: body)] }
            members["requestBody"] = ["required": true, "content": .object(content)]
        }
        // Several answers may share a status and differ in type.
        var responses = JSONObject()
        let door = AccessDoor.of(method, path)
        if door == .open { members["security"] = [] }
        for answer in answers + APISecurity.answers(door) + [Self.unreadable] {
            let key = String(answer.status)
            var content = responses[key]?["content"]?.object ?? [:]
            if let schema = answer.schema { content[answer.type] = ["schema": schema] }
            var response: JSONObject = [
                "description": .string(responses[key]?["description"]?.string ?? answer.meaning)
            ]
            if !content.isEmpty { response["content"] = .object(content) }
            responses[key] = .object(response)
        }
        members["responses"] = .object(responses)
        return .object(members)
    }

    /// What the server answers before any route is asked.
    private static let unreadable = Answer.problem(400, "The request is not HTTP as it should be.")

    private var operationID: String {
        let words = path.split { $0 == "/" || $0 == "{" || $0 == "}" || $0 == "." }
        return ([method.rawValue.lowercased()] + words.map { $0.lowercased() }).joined(separator: "_")
    }
}

import HTTPTypes
import JSONText
import Workflows

/// `GET /openapi.json`: the whole API, every workflow with its own typed body.
enum APIDocument {
    static func json(_ catalogue: WorkflowCatalogue, title: String, version: String, auth: AuthMode) -> JSON {
        var paths = JSONObject()
        for operation in APIOperations.all(catalogue) {
            var path = paths[operation.path]?.object ?? [:]
            path[operation.method.rawValue.lowercased()] = operation.json
            paths[operation.path] = .object(path)
        }
        return [
            "openapi": "3.1.1",
            "info": ["title": .string(title), "version": .string(version)],
            "paths": .object(paths),
            "security": APISecurity.requirement(auth),
            "components": ["schemas": .object(APISchemas.all), "securitySchemes": APISecurity.schemes],
        ]
    }
}

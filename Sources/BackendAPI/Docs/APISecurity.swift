import JSONText

/// Keys and limits, as `GET /openapi.json` tells of them.
enum APISecurity {
    static let schemes: JSON = [
        "bearer": ["type": "http", "scheme": "bearer", "description": "An API key; `keys create` makes one."],
        "apiKey": [
            "type": "apiKey", "in": "header", "name": "X-API-Key",
            "description": "The same. On POST /api/generate it is SERVER_API_KEY's where that is set.",
        ],
    ]

    /// What every operation needs that says nothing else; an empty one means that it goes without.
    static func requirement(_ auth: AuthMode) -> JSON {
        switch auth {
        case .off: []
        case .optional: [[:], ["bearer": []], ["apiKey": []]]
        case .required: [["bearer": []], ["apiKey": []]]
        }
    }

    /// The answers of a door.
    static func answers(_ door: AccessDoor) -> [APIOperation.Answer] {
        let scope =
            switch door {
            case .open: ""
            case .scope(let scope): scope.rawValue
            case .administration: Scope.admin.rawValue
            }
        guard !scope.isEmpty else { return [] }
        return [
            .problem(401, "The API key is missing or wrong."), .problem(403, "The API key lacks the scope \(scope)."),
            .problem(429, "Too many requests; `Retry-After` says when to come again."),
        ]
    }
}

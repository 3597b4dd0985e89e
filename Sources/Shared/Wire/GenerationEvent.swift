public import JSONText

/// What the GPU service says of a generation, in order: `accepted`, perhaps `started`, `progress` and `preview`, and at
/// the end either `result` or `error`. A stream that ends with neither has broken: the same attempt is asked for again.
public enum GenerationEvent: Sendable, Equatable {
    /// ComfyUI has the prompt. `found`: it had it before this request.
    case accepted(promptID: String, found: Bool)
    /// ComfyUI has begun to run it; the running deadline counts from here.
    case started
    /// 0…1 over the whole workflow.
    case progress(Double)
    /// A small picture of how far it has come.
    case preview(mime: String, base64: String)
    case result([GenerationOutput])
    case error(GenerationFailure)

    /// The event's name in the stream.
    public var name: String {
        switch self {
        case .accepted: "accepted"
        case .started: "started"
        case .progress: "progress"
        case .preview: "preview"
        case .result: "result"
        case .error: "error"
        }
    }

    /// Its `data` line.
    public var data: JSON {
        switch self {
        case .accepted(let promptID, let found): ["prompt_id": .string(promptID), "found": .bool(found)]
        case .started: [:]
        case .progress(let value): ["value": .double(value)]
        case .preview(let mime, let base64): ["mime": .string(mime), "data": .string(base64)]
        case .result(let outputs): ["outputs": .array(outputs.map(\.json))]
        case .error(let failure): failure.json
        }
    }

    /// Reads an event back; nil when it is none of ours, which a newer service may send and which is passed over.
    public init?(name: String, data: JSON) {
        switch name {
        case "accepted":
            guard let promptID = data["prompt_id"]?.string else { return nil }
            self = .accepted(promptID: promptID, found: data["found"]?.bool ?? false)
        case "started": self = .started
        case "progress":
            guard let value = data["value"]?.double else { return nil }
            self = .progress(min(1, max(0, value)))
        case "preview":
            guard let mime = data["mime"]?.string, let base64 = data["data"]?.string else { return nil }
            self = .preview(mime: mime, base64: base64)
        case "result":
            guard let outputs = data["outputs"]?.array else { return nil }
            self = .result(outputs.compactMap(GenerationOutput.init(json:)))
        case "error":
            guard let failure = GenerationFailure(json: data) else { return nil }
            self = .error(failure)
        default: return nil
        }
    }
}

/// One thing that a workflow made; its bytes are at `GET /results/{task_id}/{n}`.
public struct GenerationOutput: Sendable, Equatable {
    /// Its number in the result, from 0.
    public var n: Int
    /// The node that made it.
    public var node: String
    /// The output's name in the manifest, else the node's id.
    public var name: String
    /// `image`, `video`, `audio`, or `text`.
    public var kind: String
    public var mime: String
    /// In bytes, when known before it is fetched.
    public var size: Int?

    public init(n: Int, node: String, name: String, kind: String, mime: String, size: Int? = nil) {
        self.n = n
        self.node = node
        self.name = name
        self.kind = kind
        self.mime = mime
        self.size = size
    }

    public var json: JSON {
        [
            "n": JSON(n), "node": .string(node), "name": .string(name), "kind": .string(kind), "mime": .string(mime),
            "size": size.map { JSON($0) } ?? .null,
        ]
    }

    public init?(json: JSON) {
        guard let n = json["n"]?.int, let node = json["node"]?.string, let kind = json["kind"]?.string else {
            return nil
        }
        self.init(
            n: n, node: node, name: json["name"]?.string ?? node, kind: kind,
            mime: json["mime"]?.string ?? "application/octet-stream", size: json["size"]?.int)
    }
}

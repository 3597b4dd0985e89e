public import JSONText

/// What the backend sends to the GPU service: `POST :8001/generate`. A person may send the first three fields by hand.
public struct GenerateRequest: Sendable, Equatable {
    /// The workflow's name.
    public var workflow: String
    /// The version that the parameters were checked against; nil takes the current one.
    public var version: String?
    /// Parameters by name. A picture is `{"input":"<sha256 in hex>"}`, put there before by `PUT /inputs/{sha256}`;
    /// by hand it may be base64 text or a `data:` URI.
    public var params: JSONObject
    /// Names the work together with `attempt`; nil for a request by hand, which nobody can join.
    public var taskID: String?
    /// Rises when the work of the attempt before is known to have ended.
    public var attempt: Int
    /// How long the prompt may run, in seconds, from its start in ComfyUI; nil is the service's own limit.
    public var secondsLeft: Double?
    /// The same for a prompt that ComfyUI does not have any more and that starts anew; nil is `secondsLeft`.
    public var secondsAnew: Double?
    /// Whether preview pictures are wanted in the stream.
    public var previews: Bool

    public init(
        workflow: String, version: String? = nil, params: JSONObject, taskID: String? = nil, attempt: Int = 1,
        secondsLeft: Double? = nil, secondsAnew: Double? = nil, previews: Bool = false
    ) {
        self.workflow = workflow
        self.version = version
        self.params = params
        self.taskID = taskID
        self.attempt = attempt
        self.secondsLeft = secondsLeft
        self.secondsAnew = secondsAnew
        self.previews = previews
    }

    public var json: JSON {
        var members: JSONObject = ["workflow": .string(workflow), "params": .object(params)]
        members["version"] = version.map(JSON.string)
        members["task_id"] = taskID.map(JSON.string)
        members["attempt"] = JSON(attempt)
        members["seconds_left"] = secondsLeft.map(JSON.double)
        members["seconds_anew"] = secondsAnew.map(JSON.double)
        if previews { members["previews"] = true }
        return .object(members)
    }
}

/// A picture in a request's parameters, named by the hash of its bytes.
public enum InputReference {
    /// The member that names it.
    public static let member = "input"

    public static func json(sha256: String) -> JSON { [member: .string(sha256)] }

    /// The hash when `value` is such a reference: 64 hexadecimal digits in lower case.
    public static func sha256(in value: JSON) -> String? {
        guard let object = value.object, object.count == 1, let hash = object[member]?.string, isHash(hash) else {
            return nil
        }
        return hash
    }

    /// Whether `text` is a SHA-256 as the services write it.
    public static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

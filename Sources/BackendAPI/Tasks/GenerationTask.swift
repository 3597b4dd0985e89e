import JSONText

/// Where a task is in its life: `queued → running → done | failed | cancelled`, with `queued` again after a retry.
enum TaskState: String, Sendable, CaseIterable {
    case queued, running, done, failed, cancelled

    var hasEnded: Bool { self == .done || self == .failed || self == .cancelled }
}

/// Which tasks go first; within one, the order of their arrival.
enum TaskPriority: Int, Sendable, CaseIterable {
    case high = 0
    case normal = 1
    case low = 2

    var name: String {
        switch self {
        case .high: "high"
        case .normal: "normal"
        case .low: "low"
        }
    }

    init?(name: String) {
        switch name {
        case "high": self = .high
        case "normal": self = .normal
        case "low": self = .low
        default: return nil
        }
    }
}

/// "Make this picture", accepted: everything that is known of it, as its row holds it.
struct GenerationTask: Sendable, Equatable {
    /// A UUID.
    var id: String
    /// Rises with each acceptance; the order of the queue and of lists.
    var number: Int
    var state = TaskState.queued
    var workflow: String
    /// The version that the parameters were checked against.
    var version: String
    /// Names the work: it rises only when the end of the attempt before is known.
    var attempt = 1
    /// Rises at each claim, and fences writes of whoever claimed it before.
    var epoch = 0
    var priority = TaskPriority.normal
    /// Whose turn it takes in the queue: an API key, or a client's address.
    var owner = ""
    /// Checked, defaults filled in; a picture is a reference to a stored input.
    var params: JSONObject
    var options: Options
    /// Unix times in milliseconds.
    var createdAt: Int64
    var startedAt: Int64?
    var finishedAt: Int64?
    /// Names of its results under `/images/`, in order.
    var images: [String] = []
    /// The first real cause, as one sentence for the end user.
    var error: String?
    /// Why its first attempt failed, if it did: what the client is told should the others fail too.
    var cause: String?
    /// Somebody wants it cancelled, and its end is not known yet.
    var isCancelling = false
    /// The states that it has been in.
    var history = StateHistory()
    var warnings: [String] = []
    /// Who served it.
    var source: String?
    /// The task that it is a step of; such a one is in no list.
    var parent: String?
    /// The GPU service that was given its attempt last, by its URL: its prompt may be there.
    var pod: String?
    /// What it has to do where it is no work for the queue; it is written by ``TaskBook/save(_:_:)`` and with its end.
    var errand: Errand?

    /// What the client asked of the result.
    struct Options: Sendable, Equatable {
        /// `png`, `jpeg` or `webp`; nil as the workflow saves it.
        var outputFormat: String?
        /// 1…100.
        var quality: Int?
        var previews = false
        var keepMetadata = false
        var webhook: TaskWebhook?

        var json: JSON {
            [
                "output_format": outputFormat.map(JSON.string) ?? .null, "quality": quality.map { JSON($0) } ?? .null,
                "previews": .bool(previews), "keep_metadata": .bool(keepMetadata),
                "webhook": webhook?.json ?? .null,
            ]
        }

        init() {}

        init(json: JSON) {
            outputFormat = json["output_format"]?.string
            quality = json["quality"]?.int
            previews = json["previews"]?.bool ?? false
            keepMetadata = json["keep_metadata"]?.bool ?? false
            webhook = TaskWebhook(json: json["webhook"])
        }
    }

    /// Goes into a state, at a Unix time in milliseconds.
    mutating func move(to next: TaskState, at time: Int64) {
        state = next
        if next.hasEnded { finishedAt = time }
        history.add(StateHistory.Change(state: next, attempt: attempt, at: time))
    }

    /// The seed that it runs with, exact to 64 bits.
    var seed: UInt64? { params["seed"]?.uint64 }
}

public import JSONText

/// Why a generation ended without a result.
public struct GenerationFailure: Error, Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// ComfyUI refused the graph, or the input caused the failure: not retried.
        case input
        /// It failed while it ran, for no reason known to pass: not retried.
        case failed
        /// It failed for a reason that may pass.
        case transient
        /// The GPU had not enough memory. What was loaded has been let go, so that one more try may find room.
        case memory
        /// ComfyUI has neither the prompt nor its result any more: the attempt is known to have ended.
        case lost
        /// Somebody else interrupted it.
        case interrupted
        /// It was cancelled through us.
        case cancelled
        /// It ran longer than it may.
        case deadline
        /// ComfyUI cannot be reached now: no attempt is used up, and the same one is asked for again.
        case unavailable
    }

    public var kind: Kind
    /// One sentence for the end user, without a path of the server.
    public var message: String
    /// More for the log, without a path of the server.
    public var detail: String

    public init(_ kind: Kind, _ message: String, detail: String = "") {
        self.kind = kind
        self.message = message
        self.detail = detail
    }

    /// Whether the same request can do better another time.
    public var isRetryable: Bool {
        switch kind {
        case .input, .failed, .cancelled, .deadline: false
        case .transient, .memory, .lost, .interrupted, .unavailable: true
        }
    }

    public var json: JSON {
        [
            "kind": .string(kind.rawValue), "message": .string(message), "retry": .bool(isRetryable),
            "detail": .string(detail),
        ]
    }

    /// A kind that is not known is taken for ``Kind/failed``: it ends the task rather than repeat it.
    public init?(json: JSON) {
        guard let kind = json["kind"]?.string, let message = json["message"]?.string else { return nil }
        self.init(Kind(rawValue: kind) ?? .failed, message, detail: json["detail"]?.string ?? "")
    }
}

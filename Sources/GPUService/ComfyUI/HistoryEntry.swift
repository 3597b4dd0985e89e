import JSONText
import Wire

/// How a prompt ended, as `GET /history/{id}` tells: the truth, whatever the socket said.
struct HistoryEntry: Sendable, Equatable {
    enum End: Sendable, Equatable {
        case success
        /// An interruption is also `status_str: "error"`; only its messages tell.
        case interrupted
        case error(GenerationFailure)
    }

    var end: End
    var files: [ComfyFile]

    /// - Parameter answer: the body of `GET /history/{id}`. Nil when it has no such entry: unknown, pending, running,
    ///   deleted and cleared all look alike.
    init?(promptID: String, answer: JSON) {
        guard let entry = answer[promptID], let status = entry["status"] else { return nil }
        files = ComfyFile.all(in: entry["outputs"] ?? .null)
        let messages = status["messages"]?.array ?? []
        if status["status_str"]?.string == "success" {
            end = .success
        } else if messages.contains(where: { $0[0]?.string == "execution_interrupted" }) {
            end = .interrupted
        } else {
            let data = messages.last { $0[0]?.string == "execution_error" }?[1] ?? .null
            end = .error(RuntimeFailure.failure(executionError: data))
        }
    }

    init(end: End, files: [ComfyFile]) {
        self.end = end
        self.files = files
    }
}

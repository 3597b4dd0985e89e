/// Why a request is refused before anybody looks at what it asks; the connection closes after the answer.
public struct HTTPViolation: Error, Equatable, Sendable {
    /// The status to answer with: 400, 408, 413, 417, 431, 501 or 505.
    public let status: Int
    /// What was wrong, in a few words, for the client.
    public let reason: String

    init(_ status: Int = 400, _ reason: String) {
        self.status = status
        self.reason = reason
    }
}

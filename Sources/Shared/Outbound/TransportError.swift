internal import Loop

/// Why no whole answer came. An answer with a bad status is no such error: it came.
public struct TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What the caller can do about it.
    public enum Kind: Sendable, Equatable {
        /// Not connected, in time or at all: nothing of the request was sent, so it can be repeated.
        case cannotConnect
        /// Connected, and then too long without a byte, or too long altogether. The peer may have acted on the request.
        case timeout
        /// The connection broke, or the answer is shorter than it said. The peer may have acted on the request.
        case interrupted
        /// The body is larger than the caller takes.
        case tooLarge
        /// Not a URL that can be asked.
        case badURL
        /// The rules for URLs from outside forbid the address: nothing was sent.
        case notPublic
        /// Anything else, such as an answer that is not HTTP.
        case other
    }

    public let kind: Kind
    /// A sentence for the log that names host and port, never the query or credentials of the URL:
    /// "cannot connect to 127.0.0.1:8188: Connection refused".
    public let message: String

    /// What is for the log alone, since it would tell a client of networks that only we can see; of the kind
    /// ``Kind/notPublic`` where a name was asked for, and then the message is that of a name with no address.
    public let detail: String?

    public init(_ kind: Kind, _ message: String, detail: String? = nil) {
        self.kind = kind
        self.message = message
        self.detail = detail
    }

    public var description: String { detail.map { "\(message) (\($0))" } ?? message }
}

extension Duration {
    /// As it reads in a message: "5 s", "0.25 s".
    var inWords: String {
        let seconds = seconds
        return seconds == seconds.rounded() && abs(seconds) < 1e15 ? "\(Int64(seconds)) s" : "\(seconds) s"
    }
}

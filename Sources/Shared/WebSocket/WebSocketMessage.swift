/// One whole message, reassembled from its frames (RFC 6455 §5.6).
public enum WebSocketMessage: Sendable, Equatable {
    case text(String)
    case binary([UInt8])

    /// Its size in bytes.
    var count: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }
}

/// Why a connection is of no more use.
public struct WebSocketError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The URL is none that can be connected to.
        case badURL
        /// The server did not answer with a proper 101 (RFC 6455 §4.1).
        case handshake
        /// The peer broke the protocol, or a message was larger than allowed.
        case violation
        /// The connection ended with no closing frame.
        case abrupt
        /// Nothing was heard of the peer for too long, a ping unanswered.
        case silent
        /// Messages came faster than they were taken.
        case overflow
    }

    public let kind: Kind
    /// For the log; it names no query.
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

internal import HTTPTypes

/// What becomes of a connection after an answer: the rules of RFC 9112 §9, as values.
struct ConnectionRules: Sendable {
    enum After: Equatable, Sendable {
        /// The next request is read.
        case keep
        /// What is left of the request's body is read over first, then the next request.
        case drain
        /// The answer said `Connection: close`; nothing more of the request is wanted.
        case close
        /// As `close`, but what the client still sends is read over for a while: a socket closed with unread bytes
        /// resets, and the reset can overtake the answer.
        case linger
    }

    /// A request's unread body of up to this size is read over rather than the connection given up.
    static let drainLimit = 262_144

    let asksToClose: Bool
    let isHTTP10: Bool
    let expectsContinue: Bool
    let bodyLength: BodyFraming

    init(_ fields: HTTPFields, framing: BodyFraming, isHTTP10: Bool) {
        let options = fields[.connection].map(Self.options) ?? []
        self.isHTTP10 = isHTTP10
        asksToClose = options.contains("close") || (isHTTP10 && !options.contains("keep-alive"))
        expectsContinue = fields[.expect]?.lowercased() == "100-continue" && !isHTTP10
        bodyLength = framing
    }

    private static func options(_ field: String) -> [String] {
        field.lowercased().split(separator: ",").map { $0.filter { !$0.isWhitespace } }
    }

    /// Decides before the answer's head goes out.
    ///
    /// - Parameters:
    ///   - isBodyRead: the whole request body has been read.
    ///   - continued: `100 Continue` has been sent.
    ///   - received: how many of its bytes have been read.
    func after(isBodyRead: Bool, continued: Bool, received: Int, isStopping: Bool) -> After {
        let mustClose = asksToClose || isStopping
        if isBodyRead { return mustClose ? .close : .keep }
        // The client waits for our word and has sent nothing, or sends it all the same: which, nobody can know.
        if expectsContinue, !continued { return .linger }
        guard case .length(let length) = bodyLength, length - received <= Self.drainLimit, !mustClose else {
            return .linger
        }
        return .drain
    }
}

public import HTTPTypes
internal import Loop

/// One request to another service.
public struct ClientRequest: Sendable {
    public var method: HTTPRequest.Method
    /// Absolute, `http` or `https`, in ASCII: what is not must be percent-encoded. Credentials in it are sent as Basic.
    public var url: String
    /// Sent as they are. `Content-Length`, `Transfer-Encoding` and `Expect` follow from the body, and are ignored here.
    public var headers: HTTPFields
    public var body: Body
    public var timeouts: Timeouts
    /// How much ``ClientResponse/collect(upTo:)`` takes when it is not told, in bytes.
    public var maxBodyBytes: Int
    /// How many redirects are followed, by GET and HEAD only; any other method gets the redirect as its answer.
    public var followRedirects: Int
    public var destination: Destination

    public init(
        method: HTTPRequest.Method = .get, url: String, headers: HTTPFields = [:], body: Body = .none,
        timeouts: Timeouts = Timeouts(), maxBodyBytes: Int = 16 << 20, followRedirects: Int = 0,
        destination: Destination = .anywhere
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.maxBodyBytes = maxBodyBytes
        self.followRedirects = followRedirects
        self.destination = destination
    }

    /// Where a request may go.
    public enum Destination: Sendable, Equatable {
        /// To services of our own.
        case anywhere
        /// Where a URL from outside may lead. A redirect is never followed: each step is a request of its own, whose URL
        /// the rules see.
        case outside(OutsideURLRules)
    }

    /// What is sent after the head.
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Asked for the next piece only when the one before has gone, until nil. With a length (in bytes) the body
        /// must come out at exactly that; without one it is sent in chunks (RFC 9112, section 7.1).
        ///
        /// What `next` throws ends the request, and is thrown by ``HTTPClient/send(_:)`` or the response's `next`.
        case stream(length: Int?, next: @LoopActor @Sendable () async throws -> [UInt8]?)
    }

    /// How long to wait; nil means for ever.
    public struct Timeouts: Sendable, Equatable {
        /// For the name to be resolved and a connection to stand, over all addresses of the name.
        public var connect: Duration
        /// For the next byte either way. Stands still while the peer waits for us: the body's source has nothing to
        /// send, or the answer's reader does not read.
        public var idle: Duration?
        /// For everything, the body of the answer included.
        public var total: Duration?

        public init(connect: Duration = .seconds(5), idle: Duration? = .seconds(60), total: Duration? = nil) {
            self.connect = connect
            self.idle = idle
            self.total = total
        }
    }
}

internal import CLibuv

/// A failure that libuv reported, with the call that failed: "uv_tcp_bind: address already in use".
public struct LibuvError: Error, Equatable, Sendable, CustomStringConvertible {
    /// libuv's negative status, such as `UV_EADDRINUSE`; on Linux it is the negated `errno`.
    public let code: Int32
    /// The C function that returned it.
    public let call: String

    public init(code: Int32, call: String) {
        self.code = code
        self.call = call
    }

    public var description: String { "\(call): \(reason)" }

    /// What libuv says of the code: "connection refused".
    public var reason: String { String(cString: uv_strerror(code)) }

    /// Throws unless `status` is a success; returns it otherwise, for the calls that return a count.
    @discardableResult
    static func check(_ status: Int32, _ call: String) throws(LibuvError) -> Int32 {
        guard status >= 0 else { throw LibuvError(code: status, call: call) }
        return status
    }
}

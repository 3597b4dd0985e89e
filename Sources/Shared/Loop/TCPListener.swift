internal import CLibuv
internal import Glibc

/// A listening socket. Iterate ``connections`` to accept.
@LoopActor
public final class TCPListener {
    private let handle: UnsafeMutablePointer<uv_tcp_t>
    private let accepted: AsyncStream<TCPConnection>.Continuation
    private var isOpen = true

    /// Peers in the order in which they connected; ends after ``close()``.
    public let connections: AsyncStream<TCPConnection>

    /// Binds and listens.
    ///
    /// - Parameters:
    ///   - host: an address or a name; of a name, the first address that can be bound. Resolving one blocks, so this is
    ///     for the start of a service.
    ///   - port: 0 picks a free one, see ``port``.
    ///   - backlog: connections that may wait in the kernel (`listen(2)`; `net.core.somaxconn` caps it).
    /// - Throws: the failure of the last address tried, naming the call: "uv_listen: address already in use".
    public init(host: String, port: Int, backlog: Int32 = 1024) throws(LibuvError) {
        // Beyond that nobody seems to iterate: a connection let go of here is closed.
        (connections, accepted) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(max(1, Int(backlog))))
        handle = try Self.listen(at: SocketAddress.resolve(host: host, port: port, forListening: true), backlog)
        handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    isolated deinit { close() }

    private static func listen(at addresses: [SocketAddress], _ backlog: Int32) throws(LibuvError)
        -> UnsafeMutablePointer<uv_tcp_t>
    {
        var failure = LibuvError(code: UV_EADDRNOTAVAIL.rawValue, call: "getaddrinfo")
        for address in addresses {
            let handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
            uv_tcp_init(EventLoop.shared.loop, handle)
            handle.pointee.data = nil
            do {
                try LibuvError.check(address.withPointer { uv_tcp_bind(handle, $0, 0) }, "uv_tcp_bind")
                try LibuvError.check(uv_listen(asStream(handle), backlog, onConnection), "uv_listen")
                return handle
            } catch {
                closeHandle(handle)
                failure = error
            }
        }
        throw failure
    }

    /// The port that it listens on.
    public var port: Int { localAddress?.port ?? 0 }

    /// The address that it listens on, such as "127.0.0.1" or "::".
    public var host: String { localAddress?.host ?? "?" }

    private var localAddress: SocketAddress? {
        guard isOpen else { return nil }
        return TCPConnection.address { uv_tcp_getsockname(handle, $0, $1) }
    }

    /// Stops listening and ends ``connections``; those accepted already go on. Safe to call twice.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        accepted.finish()
        closeHandle(handle)
    }

    fileprivate func didConnect(status: Int32) {
        guard status == 0, let connection = try? TCPConnection(acceptingFrom: handle) else { return }
        accepted.yield(connection)
    }
}

private func onConnection(_ server: UnsafeMutablePointer<uv_stream_t>?, status: Int32) {
    guard let listener = owner(of: server?.pointee.data, as: TCPListener.self) else { return }
    LoopActor.assumeIsolated { listener.didConnect(status: status) }
}

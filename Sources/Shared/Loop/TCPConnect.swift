internal import CLibuv

extension TCPConnection {
    /// Connects to `host`, trying each of its addresses in turn (`localhost` may be ::1 first while the server listens
    /// on 127.0.0.1 only).
    ///
    /// - Parameters:
    ///   - host: an address or a name.
    ///   - port: 1…65535.
    ///   - timeout: for each address, and once for resolving the name.
    /// - Throws: ``LibuvError`` of the last address tried, ``DeadlineExceeded``, `CancellationError`.
    public static func connect(host: String, port: Int, timeout: Duration) async throws -> TCPConnection {
        let addresses = try await offLoop(abandonAfter: timeout) { try SocketAddress.resolve(host: host, port: port) }
        var failure: any Error = LibuvError(code: UV_EAI_NONAME.rawValue, call: "getaddrinfo \(host)")
        for address in addresses {
            do {
                return try await withDeadline(timeout) { try await open(address) }
            } catch let error as CancellationError {
                throw error
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private static func open(_ address: SocketAddress) async throws -> TCPConnection {
        let connection = TCPConnection()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { ConnectRequest($0).submit(connection, to: address) }
        } onCancel: {
            Task(executorPreference: EventLoop.shared) { await connection.close() }
        }
        // Cancelled since it opened: the handler above closes it in a moment, so it is of no use to anybody.
        try Task.checkCancellation()
        connection.didOpen()
        return connection
    }
}

/// A connection attempt in flight; libuv holds it until it reports back.
@LoopActor
private final class ConnectRequest {
    private let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
    private let continuation: CheckedContinuation<Void, any Error>

    init(_ continuation: CheckedContinuation<Void, any Error>) { self.continuation = continuation }

    isolated deinit { request.deallocate() }

    func submit(_ connection: TCPConnection, to address: SocketAddress) {
        guard connection.isOpen else { return continuation.resume(throwing: CancellationError()) }
        let data = Unmanaged.passRetained(self)
        request.pointee.data = data.toOpaque()
        let status = address.withPointer { address in
            uv_tcp_connect(request, connection.handle, address) { request, status in
                guard let data = request?.pointee.data else { return }
                let attempt = Unmanaged<ConnectRequest>.fromOpaque(data).takeRetainedValue()
                LoopActor.assumeIsolated { attempt.finish(status) }
            }
        }
        if status < 0 {
            data.release()
            finish(status)
        }
    }

    private func finish(_ status: Int32) {
        switch status {
        case 0...: continuation.resume()
        case UV_ECANCELED.rawValue: continuation.resume(throwing: CancellationError())
        default: continuation.resume(throwing: LibuvError(code: status, call: "uv_tcp_connect"))
        }
    }
}

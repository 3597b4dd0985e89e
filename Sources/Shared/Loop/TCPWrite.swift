internal import CLibuv

extension TCPConnection {
    /// Returns once the kernel has taken all of `bytes`; until then the caller waits, so that a slow peer slows it.
    ///
    /// - Throws: ``LibuvError`` (a reset, a broken pipe); `CancellationError` when the connection is closed here or the
    ///   task is cancelled, which closes it: half a message cannot be taken back.
    public func write(_ bytes: [UInt8]) async throws {
        let taken = try writeNow(bytes[...])
        if taken < bytes.count { try await writeLater(bytes[taken...]) }
    }

    /// Hands the kernel as much of `bytes` as it takes at once.
    ///
    /// - Returns: how many it took; the rest is for ``writeLater(_:)``.
    /// - Throws: as ``write(_:)``.
    public func writeNow(_ bytes: ArraySlice<UInt8>) throws -> Int {
        guard isOpen else { throw CancellationError() }
        guard !bytes.isEmpty else { return 0 }
        let taken = bytes.withUnsafeBytes { source -> Int32 in
            var buffer = uv_buf_init(Self.writable(source), UInt32(source.count))
            return uv_try_write(asStream(handle), &buffer, 1)
        }
        if taken < 0, taken != UV_EAGAIN.rawValue { throw LibuvError(code: taken, call: "uv_try_write") }
        sent += UInt64(max(0, taken))
        return max(0, Int(taken))
    }

    /// Written bytes that the peer has not acknowledged yet: whether it takes any shows in this.
    public var unacknowledgedBytes: Int { isOpen ? cuv_unacknowledged(handle) : 0 }

    /// libuv takes a mutable pointer and only reads from it.
    static func writable(_ source: UnsafeRawBufferPointer) -> UnsafeMutablePointer<CChar>? {
        UnsafeMutableRawPointer(mutating: source.baseAddress)?.assumingMemoryBound(to: CChar.self)
    }

    /// Returns once the kernel has taken all of `bytes`, which are copied.
    ///
    /// - Throws: as ``write(_:)``.
    public func writeLater(_ bytes: ArraySlice<UInt8>) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                WriteRequest(bytes, continuation).submit(to: self)
            }
            sent += UInt64(bytes.count)
        } onCancel: {
            Task(executorPreference: EventLoop.shared) { await self.close() }
        }
    }
}

/// A write in flight. It owns its bytes, and libuv holds it until it reports back.
@LoopActor
private final class WriteRequest {
    private let request = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
    private let bytes: UnsafeMutableRawBufferPointer
    private let continuation: CheckedContinuation<Void, any Error>

    init(_ slice: ArraySlice<UInt8>, _ continuation: CheckedContinuation<Void, any Error>) {
        bytes = .allocate(byteCount: slice.count, alignment: 1)
        bytes.copyBytes(from: slice)
        self.continuation = continuation
    }

    isolated deinit {
        request.deallocate()
        bytes.deallocate()
    }

    func submit(to connection: TCPConnection) {
        // Closed since `write` looked, and the handle may be gone with it.
        guard connection.isOpen else { return finish(UV_ECANCELED.rawValue) }
        let data = Unmanaged.passRetained(self)
        request.pointee.data = data.toOpaque()
        var buffer = uv_buf_init(TCPConnection.writable(UnsafeRawBufferPointer(bytes)), UInt32(bytes.count))
        let status = uv_write(request, asStream(connection.handle), &buffer, 1) { request, status in
            guard let data = request?.pointee.data else { return }
            let write = Unmanaged<WriteRequest>.fromOpaque(data).takeRetainedValue()
            LoopActor.assumeIsolated { write.finish(status) }
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
        default: continuation.resume(throwing: LibuvError(code: status, call: "uv_write"))
        }
    }
}

internal import CLibuv
internal import Glibc

/// One peer: `read` until nil, `write`, `close`. Dropping the last reference closes it.
@LoopActor
public final class TCPConnection {
    let handle: UnsafeMutablePointer<uv_tcp_t>
    private var inbox = ReadBuffer()
    private var isReading = false
    private var reader: (number: Int, continuation: CheckedContinuation<[UInt8]?, any Error>)?
    private var nextReader = 0
    /// A read on its way to wait: between its first look and its waiting, other tasks can have a turn.
    private var isAboutToWait = false
    private var abandonment: (any Error)?

    /// Whether ``close()`` has not been called yet.
    public private(set) var isOpen = true
    /// Called once, when the peer has closed its side, reset, or the connection was closed here; at once where that has
    /// been.
    public var onEnd: (@LoopActor () -> Void)? {
        didSet { if onEnd != nil, inbox.hasEnded || !isOpen { end() } }
    }
    /// The peer's address without its port: "127.0.0.1", "::1".
    public private(set) var remoteAddress = "?"

    init() {
        handle = .allocate(capacity: 1)
        uv_tcp_init(EventLoop.shared.loop, handle)
        handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    convenience init(acceptingFrom server: UnsafeMutablePointer<uv_tcp_t>) throws(LibuvError) {
        self.init()
        try LibuvError.check(uv_accept(asStream(server), asStream(handle)), "uv_accept")
        didOpen()
    }

    isolated deinit { close() }

    func didOpen() {
        guard isOpen else { return }
        uv_tcp_nodelay(handle, 1)
        remoteAddress = Self.address { uv_tcp_getpeername(handle, $0, $1) }?.host ?? "?"
    }

    static func address(
        _ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                ask(address, &length) == 0 ? SocketAddress(address, length: Int(length)) : nil
            }
        }
    }

    /// Bytes that came, and bytes that went, so far.
    public private(set) var received: UInt64 = 0
    public internal(set) var sent: UInt64 = 0

    // MARK: Reading

    /// The next bytes (at most 64 KB), or nil once the peer has finished sending.
    ///
    /// At most 64 KB are read ahead; then the socket is left alone, so that a slow caller slows the peer.
    /// - Throws: ``LibuvError`` (a reset), `CancellationError` when the task is cancelled or the connection closed here.
    ///   Cancelling leaves the connection as it is.
    public func read() async throws -> [UInt8]? {
        try Task.checkCancellation()
        if let result = try atHand() { return try result.get() }
        let number = nextReader
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait(number, $0) }
        } onCancel: {
            Task(executorPreference: EventLoop.shared) { await self.cancelRead(number) }
        }
    }

    /// As ``read()``, at less cost, for a wait that ends by ``close()`` and ``abandonRead(_:)``: cancelling the task while
    /// it waits does not end it.
    public func readUntilClosed() async throws -> [UInt8]? {
        if let result = try atHand() { return try result.get() }
        let number = nextReader
        return try await withCheckedThrowingContinuation { wait(number, $0) }
    }

    /// What is there already; nil for a reader that has to wait, under a number of its own.
    private func atHand() throws -> Result<[UInt8]?, any Error>? {
        precondition(reader == nil && !isAboutToWait, "two reads at once")
        if let result = inbox.take() {
            startReading()
            return result
        }
        guard isOpen else { throw CancellationError() }
        nextReader += 1
        isAboutToWait = true
        return nil
    }

    /// Leaves the reader for whoever brings something; looks first whether that was while it was on its way here.
    private func wait(_ number: Int, _ continuation: CheckedContinuation<[UInt8]?, any Error>) {
        isAboutToWait = false
        if let error = abandonment.take() { return continuation.resume(throwing: error) }
        if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
        if let result = inbox.take() {
            continuation.resume(with: result)
        } else if isOpen {
            reader = (number, continuation)
        } else {
            continuation.resume(throwing: CancellationError())
        }
        startReading()
    }

    private func startReading() {
        guard isOpen, !isReading, !inbox.isFull, !inbox.hasEnded else { return }
        isReading = true
        let status = uv_read_start(asStream(handle), onAllocate, onRead)
        if status < 0 { didRead(.failure(LibuvError(code: status, call: "uv_read_start"))) }
    }

    private func stopReading() {
        guard isReading else { return }
        isReading = false
        if isOpen { uv_read_stop(asStream(handle)) }
    }

    fileprivate func didRead(_ result: Result<[UInt8]?, LibuvError>) {
        if case .success(let bytes?) = result { received += UInt64(bytes.count) }
        inbox.put(result)
        if let waiting = reader, let result = inbox.take() {
            reader = nil
            waiting.continuation.resume(with: result)
        }
        if inbox.isFull || inbox.hasEnded { stopReading() }
        if inbox.hasEnded { end() }
    }

    private func cancelRead(_ number: Int) {
        guard let waiting = reader, waiting.number == number else { return }
        reader = nil
        waiting.continuation.resume(throwing: CancellationError())
    }

    /// Fails the read that waits, if one does, and leaves the connection as it is: for timeouts.
    public func abandonRead(_ error: any Error) {
        if isAboutToWait { abandonment = error }
        reader.take()?.continuation.resume(throwing: error)
    }

    private func end() {
        let callback = onEnd
        onEnd = nil
        callback?()
    }

    // MARK: Ending

    /// Tells the peer that nothing more will come (`shutdown(SHUT_WR)`), after all that was written.
    public func finishWriting() {
        guard isOpen else { return }
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        let status = uv_shutdown(request, asStream(handle)) { request, _ in request?.deallocate() }
        if status < 0 { request.deallocate() }  // the peer has gone already
    }

    /// Closes both ways at once; a read or write that waits fails with `CancellationError`. Safe to call twice.
    public func close() {
        guard isOpen else { return }
        stopReading()
        isOpen = false
        closeHandle(handle)
        reader.take()?.continuation.resume(throwing: CancellationError())
        end()
    }
}

private func onAllocate(_: UnsafeMutablePointer<uv_handle_t>?, _: Int, into target: UnsafeMutablePointer<uv_buf_t>?) {
    target?.pointee = uv_buf_init(readBuffer, UInt32(readBufferSize))
}

private let readBufferSize = 65_536
/// One buffer for all reads: libuv fills it and calls `onRead` before it asks for the next one.
///
/// `nonisolated(unsafe)`: only the loop's thread, inside libuv's read, touches what it points to.
private nonisolated(unsafe) let readBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: readBufferSize)

private func onRead(_ stream: UnsafeMutablePointer<uv_stream_t>?, count: Int, buffer: UnsafePointer<uv_buf_t>?) {
    guard count != 0, let connection = owner(of: stream?.pointee.data, as: TCPConnection.self) else { return }
    let result: Result<[UInt8]?, LibuvError> =
        switch Int32(clamping: count) {
        case UV_EOF.rawValue: .success(nil)
        case ..<0: .failure(LibuvError(code: Int32(clamping: count), call: "uv_read"))
        default: .success(Array(UnsafeRawBufferPointer(start: readBuffer, count: count)))
        }
    LoopActor.assumeIsolated { connection.didRead(result) }
}

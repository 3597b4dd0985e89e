internal import CLibuv

/// Watches a socket that somebody else owns (libcurl's) for being readable or writable.
@LoopActor
public final class SocketWatcher {
    private let handle: UnsafeMutablePointer<uv_poll_t>
    private let onReady: @LoopActor (_ readable: Bool, _ writable: Bool, _ failed: Bool) -> Void
    private var isOpen = true

    /// - Parameter descriptor: a socket; its owner closes it, after ``close()``.
    public init(
        descriptor: Int32,
        onReady: @escaping @LoopActor (_ readable: Bool, _ writable: Bool, _ failed: Bool) -> Void
    ) throws(LibuvError) {
        self.onReady = onReady
        handle = .allocate(capacity: 1)
        let status = uv_poll_init_socket(EventLoop.shared.loop, handle, descriptor)
        guard status >= 0 else {
            isOpen = false
            handle.deallocate()  // libuv has not taken it: nothing to close
            throw LibuvError(code: status, call: "uv_poll_init_socket")
        }
        handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    isolated deinit { close() }

    /// Waits for what is asked from now on; neither means to pause.
    public func watch(readable: Bool, writable: Bool) {
        guard isOpen else { return }
        let events = (readable ? UV_READABLE.rawValue : 0) | (writable ? UV_WRITABLE.rawValue : 0)
        if events == 0 { uv_poll_stop(handle) } else { uv_poll_start(handle, Int32(events), onPoll) }
    }

    public func close() {
        guard isOpen else { return }
        isOpen = false
        closeHandle(handle)
    }

    fileprivate func isReady(status: Int32, events: UInt32) {
        onReady(events & UV_READABLE.rawValue != 0, events & UV_WRITABLE.rawValue != 0, status < 0)
    }
}

private func onPoll(_ handle: UnsafeMutablePointer<uv_poll_t>?, status: Int32, events: Int32) {
    guard let watcher = owner(of: handle?.pointee.data, as: SocketWatcher.self) else { return }
    LoopActor.assumeIsolated { watcher.isReady(status: status, events: UInt32(bitPattern: events)) }
}

internal import CLibuv
internal import Glibc

/// Calls back on the loop when the process gets a signal.
@LoopActor
public final class SignalSource {
    private let handle: UnsafeMutablePointer<uv_signal_t>
    private let fire: @LoopActor () -> Void
    private var isOpen = true

    /// - Parameter signal: its number, such as `SIGTERM`.
    public init(_ signal: Int32, _ fire: @escaping @LoopActor () -> Void) throws(LibuvError) {
        self.fire = fire
        handle = .allocate(capacity: 1)
        uv_signal_init(EventLoop.shared.loop, handle)
        handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        try LibuvError.check(uv_signal_start(handle, onSignal, signal), "uv_signal_start")
    }

    isolated deinit { close() }

    public func close() {
        guard isOpen else { return }
        isOpen = false
        closeHandle(handle)
    }

    fileprivate func received() { fire() }
}

private func onSignal(_ handle: UnsafeMutablePointer<uv_signal_t>?, _: Int32) {
    guard let source = owner(of: handle?.pointee.data, as: SignalSource.self) else { return }
    LoopActor.assumeIsolated { source.received() }
}

/// What every service sets once at its start: a peer that has gone must not kill the process (SIGPIPE), signals that
/// whoever started it had blocked get through again, and the limit on open files is raised as far as the system lets it.
public func prepareProcess() {
    signal(SIGPIPE, SIG_IGN)
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

internal import CCurl
internal import Loop

/// libcurl's multi handle, driven by the loop: libcurl says which sockets to watch and when to wake it, the loop tells
/// it what happened (<https://curl.se/libcurl/c/curl_multi_socket_action.html>).
@LoopActor
final class CurlMulti {
    private var handle: UnsafeMutableRawPointer?
    private var sockets: [curl_socket_t: WatchedSocket] = [:]
    private var timer: LoopTimer?
    /// Transfers under way, by their easy handle; they live at least as long as libcurl may call them.
    private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
    /// Easy handles to use again.
    private var spare: [UnsafeMutableRawPointer] = []
    /// How deep we are inside calls to libcurl, and what waits for us to be outside: libcurl's functions must not be
    /// called from its callbacks.
    private var depth = 0
    private var deferred: [@LoopActor () -> Void] = []

    private static var spareLimit: Int { 16 }
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(_ configuration: HTTPClient.Configuration) {
        guard Self.isReady, let multi = curl_multi_init() else { return }
        handle = multi
        ccurl_multi_set_callbacks(multi, Unmanaged.passUnretained(self).toOpaque(), onSocket, onTimer)
        ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maxConnectionsPerHost)
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maxIdleConnections)
        timer = LoopTimer { [weak self] in self?.act(on: CURL_SOCKET_TIMEOUT, 0) }
    }

    isolated deinit { close() }

    // MARK: Transfers

    /// An easy handle with no option set.
    func makeEasy() throws(TransportError) -> UnsafeMutableRawPointer {
        guard handle != nil else { throw Self.closed }
        guard let easy = spare.popLast() ?? curl_easy_init() else {
            throw TransportError(.other, "curl_easy_init: out of memory")
        }
        return easy
    }

    /// Takes back a handle that is not under way.
    func recycle(_ easy: UnsafeMutableRawPointer) {
        guard handle != nil, spare.count < Self.spareLimit else { return curl_easy_cleanup(easy) }
        curl_easy_reset(easy)
        spare.append(easy)
    }

    func start(_ transfer: Transfer) throws(TransportError) {
        guard let handle else { throw Self.closed }
        transfers[transfer.easy] = transfer
        let code = inside { curl_multi_add_handle(handle, transfer.easy) }
        guard code == CURLM_OK else {
            transfers[transfer.easy] = nil
            throw TransportError(.other, "curl_multi_add_handle: \(String(cString: curl_multi_strerror(code)))")
        }
    }

    /// Takes a transfer away from libcurl and its handle back, at once or when libcurl is done with its callback.
    func stop(_ transfer: Transfer) {
        outside { [self] in
            guard let transfer = transfers.removeValue(forKey: transfer.easy) else { return }
            if let handle { _ = inside { curl_multi_remove_handle(handle, transfer.easy) } }
            transfer.release()
        }
    }

    /// Lets a transfer go on, but for what `mask` (of `CURLPAUSE_`) keeps paused.
    func resume(_ transfer: Transfer, stillPaused mask: Int32) {
        outside { [self] in
            guard transfers[transfer.easy] === transfer else { return }
            let code = inside { curl_easy_pause(transfer.easy, mask) }
            if code != CURLE_OK { transfer.finish(code) }
        }
    }

    private func reapFinished() {
        var left: Int32 = 0
        while let handle, let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let result = message.pointee.data.result
            transfers[message.pointee.easy_handle]?.finish(result)
        }
    }

    // MARK: libcurl

    private func inside<Code>(_ call: () -> Code) -> Code {
        depth += 1
        let code = call()
        depth -= 1
        while depth == 0, !deferred.isEmpty {
            let actions = deferred
            deferred = []
            for action in actions { action() }
        }
        return code
    }

    private func outside(_ action: @escaping @LoopActor () -> Void) {
        if depth == 0 { action() } else { deferred.append(action) }
    }

    private func act(on socket: curl_socket_t, _ events: Int32) {
        guard let handle else { return }
        var running: Int32 = 0
        _ = inside { curl_multi_socket_action(handle, socket, events, &running) }
        reapFinished()
    }

    fileprivate func wake(after milliseconds: Int) {
        if milliseconds < 0 { timer?.stop() } else { timer?.start(after: .milliseconds(milliseconds)) }
    }

    fileprivate func watch(_ socket: curl_socket_t, _ what: Int32, for easy: UnsafeMutableRawPointer?) {
        guard what != CURL_POLL_REMOVE else {
            sockets.removeValue(forKey: socket)?.watcher.close()
            return
        }
        do {
            let watched = try sockets[socket] ?? open(socket)
            watched.wanted = what
            watched.watch()
        } catch {
            let error = TransportError(.other, "a socket of libcurl cannot be watched: \(error)")
            easy.flatMap { transfers[$0] }?.end(.failure(error))
        }
    }

    private func open(_ socket: curl_socket_t) throws -> WatchedSocket {
        let watcher = try SocketWatcher(descriptor: socket) { [weak self] readable, writable, failed in
            self?.isReady(socket, readable, writable, failed)
        }
        let watched = WatchedSocket(watcher)
        sockets[socket] = watched
        return watched
    }

    private func isReady(_ socket: curl_socket_t, _ readable: Bool, _ writable: Bool, _ failed: Bool) {
        guard let watched = sockets[socket] else { return }
        guard failed else {
            return act(on: socket, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0))
        }
        // libuv says "failed" for a reset too, behind which an answer may still wait to be read; and it has stopped
        // watching. CURL_POLL_IN and _OUT have the bits of CURL_CSELECT_IN and _OUT.
        act(on: socket, watched.wanted | CURL_CSELECT_ERR)
        sockets[socket]?.watch()
    }

    /// Ends all transfers and connections. Safe to call twice.
    func close() {
        guard let multi = handle else { return }
        for transfer in transfers.values { transfer.end(.failure(Self.closed)) }
        handle = nil
        curl_multi_cleanup(multi)
        for easy in spare { curl_easy_cleanup(easy) }
        spare = []
        for watched in sockets.values { watched.watcher.close() }
        sockets = [:]
        timer?.close()
    }

    private static var closed: TransportError { TransportError(.interrupted, "the HTTP client was closed") }
}

/// A socket of libcurl's and what libcurl waits for on it.
@LoopActor
private final class WatchedSocket {
    let watcher: SocketWatcher
    /// `CURL_POLL_IN`, `CURL_POLL_OUT`, or both.
    var wanted: Int32 = 0

    init(_ watcher: SocketWatcher) { self.watcher = watcher }

    func watch() {
        watcher.watch(readable: wanted & CURL_POLL_IN != 0, writable: wanted & CURL_POLL_OUT != 0)
    }
}

private func multi(at owner: UnsafeMutableRawPointer?) -> CurlMulti? {
    owner.map { Unmanaged<CurlMulti>.fromOpaque($0).takeUnretainedValue() }
}

private func onSocket(
    easy: UnsafeMutableRawPointer?, socket: curl_socket_t, what: Int32, owner: UnsafeMutableRawPointer?,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let multi = multi(at: owner) else { return 0 }
    let easy = easy.map(EasyAddress.init)
    LoopActor.assumeIsolated { multi.watch(socket, what, for: easy?.pointer) }
    return 0
}

private func onTimer(_: UnsafeMutableRawPointer?, milliseconds: Int, owner: UnsafeMutableRawPointer?) -> Int32 {
    guard let multi = multi(at: owner) else { return 0 }
    LoopActor.assumeIsolated { multi.wake(after: milliseconds) }
    return 0
}

/// `@unchecked Sendable`: it only carries the address, on the thread that it is on already, past the compiler.
private struct EasyAddress: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
}

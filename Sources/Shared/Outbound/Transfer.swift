internal import CCurl
internal import HTTPTypes
internal import Loop

/// One request and its answer. Owns the easy handle from `init` to ``release()``.
@LoopActor
final class Transfer {
    let easy: UnsafeMutableRawPointer
    /// Host and port, for messages.
    let peer: String
    private let multi: CurlMulti
    private let connectLimit: Duration
    /// Where the addresses matter.
    private let guardian: AddressGuard?
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var isReleased = false

    private var head: ResponseHeadParser
    private var inbox = BodyBuffer()
    private var isReceivingPaused = false

    private var upload: UploadBuffer
    private var source: (@LoopActor @Sendable () async throws -> [UInt8]?)?
    private var sourceTask: Task<Void, Never>?
    private var isSendingPaused = false
    /// Whether libcurl may send the body from its start again.
    private let canRewind: Bool

    private var clock: TransferClock
    private var timer: LoopTimer?
    private var ending: Result<Void, any Error>?
    private var waiter: CheckedContinuation<Void, Never>?
    /// Counts what a waiter waits for.
    private var changes = 0

    /// Prepares a transfer; ``run()`` starts it.
    ///
    /// - Throws: `.badURL`, or `.other` when libcurl refuses an option.
    init(_ request: ClientRequest, on multi: CurlMulti, _ configuration: HTTPClient.Configuration)
        throws(TransportError)
    {
        let url = try RequestURL(request.url)
        guardian = try AddressGuard.needed(for: request, url)
        easy = try multi.makeEasy()
        peer = url.peer
        self.multi = multi
        connectLimit = request.timeouts.connect
        head = ResponseHeadParser(followsRedirects: TransferOptions.followsRedirects(request))
        clock = TransferClock(request.timeouts, now: .now)
        canRewind = TransferOptions.isRepeatable(request)
        upload = UploadBuffer(request.body)
        if case .stream(_, let next) = request.body { source = next }
        do {
            fields = try TransferOptions(easy: easy, configuration: configuration).set(request, url: url.text)
            try setTransferCallbacks()
        } catch {
            release()
            throw error
        }
    }

    private func setTransferCallbacks() throws(TransportError) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        let code = ccurl_set_callbacks(easy, this, onHeader, onBody, onUpload, onRewind)
        guard code == CURLE_OK else { throw TransportError(.other, "curl_easy_setopt: \(code.rawValue)") }
        try guardian?.install(on: easy)
    }

    isolated deinit { release() }

    /// Gives the handle back, once libcurl works on it no more; but one that failed, which may keep a buffer (7.88).
    func release() {
        guard !isReleased else { return }
        isReleased = true
        if case .success? = ending { multi.recycle(easy) } else { curl_easy_cleanup(easy) }
        curl_slist_free_all(fields)
        fields = nil
    }

    // MARK: For the client

    /// Starts, and returns when the head of the final answer is there.
    func run() async throws -> ResponseHead {
        do { try multi.start(self) } catch {
            release()
            throw error
        }
        timer = LoopTimer { [weak self] in self?.checkTime() }
        checkTime()
        while true {
            let seen = changes
            try checkCancellation()
            // A short answer may have broken off already: its reader gets to know, after what came of it.
            if let head = head.head { return head }
            if case .failure(let error) = ending { throw error }
            if ending != nil { throw TransportError(.interrupted, "\(peer) closed the connection before it answered") }
            await change(since: seen)
        }
    }

    /// The next bytes of the answer's body, or nil after the last.
    func nextBytes() async throws -> [UInt8]? {
        while true {
            let seen = changes
            try checkCancellation()
            if let bytes = inbox.take() {
                resumeReceiving()
                return bytes
            }
            if let ending {
                try ending.get()
                return nil
            }
            await change(since: seen)
        }
    }

    /// Ends the transfer, unless it has ended. Bytes that have arrived can still be taken.
    func end(_ result: Result<Void, any Error>) {
        guard ending == nil else { return }
        ending = result
        timer?.close()
        sourceTask?.cancel()
        sourceTask = nil
        source = nil
        multi.stop(self)
        wake()
    }

    /// libcurl's outcome.
    func finish(_ code: CURLcode) {
        guard code != CURLE_OK else { return end(.success(())) }
        let error = CurlFailure.error(code, of: easy, peer: peer, connect: connectLimit)
        end(.failure(guardian?.error(code, peer: peer) ?? error))
    }

    private func checkCancellation() throws {
        guard Task.isCancelled else { return }
        end(.failure(CancellationError()))
        throw CancellationError()
    }

    /// Waits until more than `seen` changes have happened, or the task is cancelled.
    private func change(since seen: Int) async {
        precondition(waiter == nil, "two readers of one answer")
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Others may have run since the caller looked. Cancelled, or changed: nobody would come for this waiter.
                if Task.isCancelled || changes != seen { continuation.resume() } else { waiter = continuation }
            }
        } onCancel: {
            Task(executorPreference: EventLoop.shared) { await self.end(.failure(CancellationError())) }
        }
    }

    private func wake() {
        changes += 1
        waiter.take()?.resume()
    }

    // MARK: Time

    private func checkTime() {
        switch clock.verdict(now: .now) {
        case .check(let delay): if let delay { timer?.start(after: delay) }
        case .idle(let limit):
            end(.failure(TransportError(.timeout, "nothing moved between us and \(peer) for \(limit.inWords)")))
        case .overdue(let limit):
            end(.failure(TransportError(.timeout, "\(peer) was not done within \(limit.inWords)")))
        }
    }

    private func moved() { clock.moved(now: .now) }

    private func turnChanged() { clock.turn(isOurs: isReceivingPaused || isSendingPaused, now: .now) }

    private var paused: Int32 { (isReceivingPaused ? CURLPAUSE_RECV : 0) | (isSendingPaused ? CURLPAUSE_SEND : 0) }

    // MARK: Called by libcurl

    /// Returns false to end the transfer.
    fileprivate func didReceiveHead(_ line: [UInt8]) -> Bool {
        moved()
        guard head.take(line) else {
            end(.failure(TransportError(.tooLarge, "the head of the answer of \(peer) is too large")))
            return false
        }
        if head.head != nil { wake() }
        return true
    }

    /// Returns false when the bytes must be offered again later.
    fileprivate func takesBody() -> Bool {
        moved()
        isReceivingPaused = inbox.isFull
        turnChanged()
        return !isReceivingPaused
    }

    fileprivate func didReceive(_ bytes: UnsafeRawBufferPointer) {
        inbox.put(bytes)
        wake()
    }

    private func resumeReceiving() {
        guard isReceivingPaused else { return }
        isReceivingPaused = false
        turnChanged()
        multi.resume(self, stillPaused: paused)
    }

    fileprivate func takeUpload(upTo count: Int) -> UploadBuffer.Step {
        let step = upload.take(upTo: count)
        if case .wait = step {
            isSendingPaused = true
            turnChanged()
            askSource()
        } else {
            moved()
        }
        return step
    }

    fileprivate func rewind() -> Bool {
        if canRewind { upload.rewind() }
        return canRewind
    }

    private func askSource() {
        guard sourceTask == nil, let source else { return }
        sourceTask = Task(executorPreference: EventLoop.shared) { await self.pull(from: source) }
    }

    private func pull(from source: @LoopActor @Sendable () async throws -> [UInt8]?) async {
        do {
            var piece = try await source()
            while let bytes = piece, bytes.isEmpty { piece = try await source() }
            didGet(piece)
        } catch {
            end(.failure(error))
        }
    }

    private func didGet(_ piece: [UInt8]?) {
        guard ending == nil else { return }
        sourceTask = nil
        do { try upload.put(piece) } catch { return end(.failure(error)) }
        isSendingPaused = false
        turnChanged()
        multi.resume(self, stillPaused: paused)
    }
}

// MARK: Callbacks

private func transfer(at owner: UnsafeMutableRawPointer?) -> Transfer? {
    owner.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private func onHeader(
    _ data: UnsafeMutablePointer<CChar>?, _: Int, count: Int, owner: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = transfer(at: owner) else { return 0 }
    let line = Array(UnsafeRawBufferPointer(start: data, count: count))
    return LoopActor.assumeIsolated { transfer.didReceiveHead(line) } ? count : 0
}

private func onBody(
    _ data: UnsafeMutablePointer<CChar>?, _: Int, count: Int, owner: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = transfer(at: owner) else { return 0 }
    guard LoopActor.assumeIsolated({ transfer.takesBody() }) else { return Int(CURL_WRITEFUNC_PAUSE) }
    let bytes = Received(bytes: UnsafeRawBufferPointer(start: data, count: count))
    LoopActor.assumeIsolated { transfer.didReceive(bytes.bytes) }
    return count
}

private func onUpload(
    _ target: UnsafeMutablePointer<CChar>?, size: Int, count: Int, owner: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = transfer(at: owner) else { return Int(CURL_READFUNC_ABORT) }
    switch LoopActor.assumeIsolated({ transfer.takeUpload(upTo: size * count) }) {
    case .bytes(let bytes):
        UnsafeMutableRawBufferPointer(start: target, count: size * count).copyBytes(from: bytes)
        return bytes.count
    case .wait: return Int(CURL_READFUNC_PAUSE)
    case .end: return 0
    }
}

/// libcurl asks for it only to send a request anew, so the offset is always 0.
private func onRewind(owner: UnsafeMutableRawPointer?, offset: curl_off_t, origin: Int32) -> Int32 {
    guard let transfer = transfer(at: owner), offset == 0 else { return CURL_SEEKFUNC_FAIL }
    return LoopActor.assumeIsolated { transfer.rewind() } ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}

/// `@unchecked Sendable`: it only carries the address, on the thread that it is on already, past the compiler.
private struct Received: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
}

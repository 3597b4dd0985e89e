internal import Loop

/// Writes frames in the order in which they were put, one write at a time, so that no frame is cut by another.
///
/// Writing is a task of its own: a sender that is cancelled stops waiting, and leaves the connection whole.
@LoopActor
final class FrameWriter {
    /// Bytes that wait for the socket, beyond those being written.
    var backlog: Int { pending.count }
    private(set) var hasFailed = false

    private let connection: TCPConnection
    private var pending: [UInt8] = []
    /// Happens when all that is pending now has gone, or never will.
    private var gone = LoopEvent()
    private var isRunning = false

    init(_ connection: TCPConnection) { self.connection = connection }

    /// - Returns: what happens once the kernel has the bytes, or the connection has failed.
    @discardableResult
    func put(_ bytes: [UInt8]) -> LoopEvent {
        guard !hasFailed, isRunning || !bytes.isEmpty else {
            let event = LoopEvent()
            event.signal()
            return event
        }
        pending += bytes
        if !isRunning {
            isRunning = true
            loopTask { await self.run() }
        }
        return gone
    }

    private func run() async {
        while !hasFailed, !pending.isEmpty {
            let bytes = pending
            let event = gone
            pending = []
            gone = LoopEvent()
            do { try await connection.write(bytes) } catch { hasFailed = true }
            event.signal()
        }
        isRunning = false
        gone.signal()
        gone = LoopEvent()
        if hasFailed { pending = [] }
    }
}

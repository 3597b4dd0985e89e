internal import HTTPTypes
public import Loop

/// An HTTP/1.1 server (RFC 9112) on the loop.
@LoopActor
public final class HTTPServer {
    private let listener: TCPListener
    private let router: Router
    private let limits: ServerLimits
    private var open: [ObjectIdentifier: HTTPConnection] = [:]
    private var isStopping = false
    private let allClosed = LoopEvent()
    /// The grace is over: handlers that still run are cancelled.
    private let cut = LoopEvent()
    private var turnedAway = 0
    /// Of connections that have ended.
    private var traffic: (received: UInt64, sent: UInt64) = (0, 0)

    /// Binds, and accepts once ``run()`` is called.
    ///
    /// - Throws: ``LibuvError`` naming the call, such as "uv_listen: address already in use".
    public init(host: String, port: Int, router: Router, limits: ServerLimits = .default) throws {
        listener = try TCPListener(host: host, port: port)
        self.router = router
        self.limits = limits
    }

    /// The port that it listens on.
    public var port: Int { listener.port }
    /// The address that it listens on.
    public var host: String { listener.host }
    /// Connections open now.
    public var connectionCount: Int { open.count }

    /// Bytes of all connections so far, heads and framing included.
    public var bytesReceived: UInt64 { open.values.reduce(traffic.received) { $0 + $1.received } }
    public var bytesSent: UInt64 { open.values.reduce(traffic.sent) { $0 + $1.sent } }

    /// Serves until ``stop(grace:)`` has been called and every connection has ended, or the task is cancelled.
    public func run() async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for await connection in listener.connections {
                    group.addTask(executorPreference: EventLoop.shared) { await self.serve(connection) }
                }
                try? await self.cut.wait()
                group.cancelAll()
            }
        } onCancel: {
            Task(executorPreference: EventLoop.shared) { await self.stop(grace: .zero) }
        }
    }

    /// Stops accepting at once, lets requests in flight end for at most `grace`, then closes what is left.
    public func stop(grace: Duration) async {
        isStopping = true
        listener.close()
        for connection in open.values { connection.stop() }
        if !open.isEmpty, grace > .zero { try? await withDeadline(grace) { try await self.allClosed.wait() } }
        for connection in open.values { connection.close() }
        cut.signal()
    }

    private func serve(_ peer: TCPConnection) async {
        guard open.count < limits.connections else { return await turnAway(peer) }
        let connection = HTTPConnection(peer, limits: limits, router: router)
        open[ObjectIdentifier(connection)] = connection
        if isStopping { connection.stop() }
        await connection.run()
        traffic = (traffic.received + connection.received, traffic.sent + connection.sent)
        open[ObjectIdentifier(connection)] = nil
        if isStopping, open.isEmpty { allClosed.signal() }
    }

    private func turnAway(_ peer: TCPConnection) async {
        turnedAway += 1
        defer { turnedAway -= 1 }
        let answer = HTTPProblem(.serviceUnavailable, "Too many connections.", headers: [.retryAfter: "1"]).response
        let encoder = ResponseEncoder(isHead: false, isHTTP10: false)
        let isSent: Void? = try? await ResponseWriter(peer, limits: limits).send(answer, encoder: encoder, closes: true)
        if isSent != nil, turnedAway <= Self.readersOfRefusals {
            let requests = RequestStream(peer, limits: limits)
            await requests.linger()
            requests.close()
        }
        peer.close()
    }

    /// So many that are turned away at a time are given the time to read why.
    private static let readersOfRefusals = 64
}

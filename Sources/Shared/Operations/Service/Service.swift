internal import Glibc
public import Logging
public import Loop

/// The life of a program, the same for all of Easel: settings, log, start-up lines, signals, the end.
///
/// Everything long-lived in a program is a `run()`, and stopping is returning: `SIGTERM` and `SIGINT` call what
/// ``onStop(_:)`` was given, the program's body returns, and the process ends with 0.
@LoopActor
public final class Service {
    public nonisolated let name: String
    public nonisolated let version: String
    public nonisolated let logger: Logger
    /// How long the stopping may take: `SHUTDOWN_GRACE`.
    public nonisolated let grace: Duration
    /// Every setting that the program asked for.
    public nonisolated let settings: [Setting]

    /// Whether the program has been told to stop.
    public private(set) var isStopping = false
    private(set) var hasStarted = false
    /// libuv forgets the wait that a signal interrupts, so the turn after it seems as long as that wait was.
    private var isAfterSignal = false
    private let stopEvent = LoopEvent()
    private var stops: [@LoopActor @Sendable (Duration) async -> Void] = []
    private var work: Task<Void, any Error>?

    /// What is known of a program before its loop runs.
    struct Facts: Sendable {
        let name: String
        let version: String
        let logger: Logger
        let grace: Duration
        let settings: [Setting]
    }

    init(_ facts: Facts) {
        name = facts.name
        version = facts.version
        logger = facts.logger
        grace = facts.grace
        settings = facts.settings
    }

    // MARK: What a program says of itself

    /// Says that the program works now: where it listens and what it depends on, then all its settings.
    ///
    /// Until this call a failure counts as "could not start".
    /// - Parameter dependencies: each a name and an address, such as `("ComfyUI", "http://localhost:8188")`.
    public func started(host: String, port: Int, dependencies: [(name: String, address: String)] = []) {
        hasStarted = true
        let address = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        var about: Logger.Metadata = ["pid": .stringConvertible(Int(getpid()))]
        if !dependencies.isEmpty {
            about["depends_on"] = .string(
                dependencies.map { "\($0.name) \(Shown.value($0.address))" }.joined(separator: ", "))
        }
        logger.info("\(name) \(version) listens on \(address)", metadata: about)
        logger.info("Settings", metadata: Self.metadata(of: settings))
    }

    static func metadata(of settings: [Setting]) -> Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        for setting in settings where setting.standsInFor == nil {
            metadata[setting.key] = .string(setting.shown ?? "")
        }
        return metadata
    }

    /// Says whether something that the program depends on answers; that it does not is a warning, not an end.
    ///
    /// - Parameter fault: why it is taken to be away; nil when it answers.
    public func report(dependency name: String, at address: String, fault: String?) {
        let address = Shown.value(address)
        guard let fault else { return logger.info("\(name) at \(address) answers") }
        logger.warning("\(name) at \(address) does not answer", metadata: ["fault": .string(fault)])
    }

    // MARK: The end

    /// Has `stop` called once the program is told to stop, with the time left for it. Several are called one after the
    /// other, in the order given. The program's body is to return for it; when the grace is over it is cancelled.
    public func onStop(_ stop: @escaping @LoopActor @Sendable (_ grace: Duration) async -> Void) { stops.append(stop) }

    /// Waits until the program is told to stop.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func untilStopping() async throws { try await stopEvent.wait() }

    /// Stops the program as a signal does. A second call does nothing.
    public func stop() { stop(because: "by itself") }

    private func stop(because reason: String) {
        guard !isStopping else { return }
        isStopping = true
        logger.info("Stopping (\(reason)), within \(grace.loggedMilliseconds / 1000) s")
        stopEvent.signal()
        guard hasStarted, !stops.isEmpty else { return work?.cancel() ?? () }
        Task(executorPreference: EventLoop.shared) { await self.callStops() }
    }

    private func callStops() async {
        let end = ContinuousClock.now + grace
        for stop in stops { await stop(max(.zero, end - .now)) }
    }

    // MARK: Running

    /// Runs the body until it returns, with the signals and the watchdog around it.
    func run(_ body: @escaping @LoopActor @Sendable (Service) async throws -> Void) async throws {
        let signals = try [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            try SignalSource(number) { [unowned self] in received(number, name) }
        }
        defer { for signal in signals { signal.close() } }
        EventLoop.shared.watch(threshold: .milliseconds(50)) { [weak self] turn in self?.noticed(longTurn: turn) }
        let work = Task(executorPreference: EventLoop.shared) { try await body(self) }
        self.work = work
        let limit = Task(executorPreference: EventLoop.shared) { try await self.enforceGrace() }
        defer { limit.cancel() }
        do { try await work.value } catch is CancellationError where isStopping {}
    }

    private func noticed(longTurn turn: Duration) {
        defer { isAfterSignal = false }
        guard !isAfterSignal else { return }
        logger.warning("The event loop was busy for \(turn.loggedMilliseconds) ms")
    }

    private func received(_ signal: Int32, _ name: String) {
        isAfterSignal = true
        guard isStopping else { return stop(because: name) }
        logger.warning("\(name) again: ending at once")
        Self.end(128 + signal)
    }

    /// Once the grace is over the body is cancelled; where even that does not end it, the process does.
    private func enforceGrace() async throws {
        try await stopEvent.wait()
        try await sleep(for: grace)
        work?.cancel()
        try await sleep(for: .seconds(1))
        logger.error("Not stopped within the grace period; ending now")
        Self.end(1)
    }
}

import GRDB
import Logging
import Loop
import Outbound

/// Sends what waits in the database to its receivers, until it has arrived or is given up. Nothing waits for it: what
/// is to be told is on the disk with the change that it tells of, and is found there, after a restart too.
@LoopActor
final class WebhookSender {
    private let database: TaskDatabase
    private let secret: WebhookSecret?
    private let rules: OutsideURLRules
    private let signing: AddressSigning?
    private let schedule: WebhookSchedule
    /// For one try.
    private let limit: Duration
    private let logger: Logger
    private var slots: WebhookSlots
    private var news = LoopEvent()
    /// The next look begins behind this one.
    private var lastHost = ""

    init(
        database: TaskDatabase, secret: WebhookSecret?, rules: OutsideURLRules, signing: AddressSigning? = nil,
        schedule: WebhookSchedule = .init(), slots: WebhookSlots = .init(), limit: Duration = .seconds(15),
        logger: Logger
    ) {
        (self.database, self.secret, self.rules, self.signing) = (database, secret, rules, signing)
        self.schedule = schedule
        (self.slots, self.limit, self.logger) = (slots, limit, logger)
    }

    /// Whether webhooks can be sent: without a secret they wait.
    var canSend: Bool { secret != nil }

    /// There may be something new to send.
    func wake() { news.signal() }

    /// Sends until the task is cancelled. What is on its way then is sent again by the next process, with the same id.
    func run() async {
        guard let secret else { return await tellOfPending() }
        let http = HTTPClient(configuration: .init(maxConnectionsPerHost: slots.perHost, maxIdleConnections: 16))
        let call = WebhookCall(
            http: http, secret: secret, rules: rules, signing: signing, limit: limit, logger: logger)
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let event = LoopEvent()
                news = event
                let (due, pause) = await next()
                for delivery in due { group.addTask { await self.deliver(delivery, by: call) } }
                try? await withDeadline(pause) { try await event.wait() }
            }
            group.cancelAll()
        }
        http.close()
    }

    private func tellOfPending() async {
        guard let count = try? await database.read({ try WebhookRow.pendingCount($0) }), count > 0 else { return }
        logger.warning(
            "Webhooks wait: WEBHOOK_SECRET is not set", metadata: ["count": .stringConvertible(count)])
    }

    // MARK: What is due

    /// Looked again after this time even where nothing is due before: the clock may have been set.
    private static let longestSleep: Int64 = 60_000
    /// With more hosts than these, a part of them is looked at, and soon the next.
    private nonisolated static let hostsAtOnce = 500
    private static let sleepBetweenHosts: Int64 = 50

    /// Takes what may be sent now, and says how long nothing else will be due.
    private func next() async -> ([WebhookDelivery], Duration) {
        do {
            let (now, seen, name) = (TaskBook.now(), slots, lastHost)
            let (hosts, rows) = try await database.read { try Self.choose(at: now, after: name, seen, $0) }
            let hasMore = hosts.count == Self.hostsAtOnce
            if !hasMore, name.isEmpty { slots.keepTurns(of: Set(hosts.map(\.name))) }
            lastHost = hasMore ? hosts.last?.name ?? "" : ""
            let sleep = hasMore || !name.isEmpty ? Self.sleepBetweenHosts : Self.longestSleep
            let taken = rows.filter { slots.take($0.id, to: $0.host) }
            guard let time = hosts.compactMap(\.next).min() else { return (taken, .milliseconds(sleep)) }
            let latest = now + 2 * schedule.longestPause.milliseconds
            if time > latest { database.enqueue { try WebhookRow.bringForward(from: latest, to: now, $0) } }
            return (taken, .milliseconds(min(time > latest ? Self.sleepBetweenHosts : time - now, sleep)))
        } catch {
            logger.error("The webhooks that wait cannot be read", metadata: ["error": "\(error)"])
            return ([], .seconds(1))
        }
    }

    /// What there is room for, the hosts in turn.
    private nonisolated static func choose(
        at now: Int64, after name: String, _ slots: WebhookSlots, _ database: Database
    ) throws -> (hosts: [WebhookRow.Host], rows: [WebhookDelivery]) {
        let hosts = try WebhookRow.hosts(at: now, after: name, limit: hostsAtOnce, database)
        var (slots, rows) = (slots, [WebhookDelivery]())
        for host in slots.inTurn(hosts.filter(\.isDue).map(\.name)) where slots.room(for: host) > 0 {
            // Those on their way are still due, as far as the rows tell.
            rows += try WebhookRow.due(at: now, to: host, limit: slots.perHost, database)
                .filter { slots.take($0.id, to: host) }
        }
        return (hosts, rows)
    }

    // MARK: One try

    private func deliver(_ delivery: WebhookDelivery, by call: WebhookCall) async {
        defer {
            slots.release(delivery.id)
            wake()
        }
        let (start, at) = (ContinuousClock.now, TaskBook.now())
        guard let outcome = try? await call.send(delivery, now: at / 1000) else { return }
        var attempt = WebhookDelivery.Try(at: at, milliseconds: (ContinuousClock.now - start).milliseconds)
        switch outcome {
        case .answered(let status, _): attempt.status = status
        case .unanswered(let message), .forbidden(let message): attempt.error = message
        }
        let verdict = schedule.verdict(outcome, made: delivery.tries + 1, random: Double.random(in: 0...1))
        await record(attempt, verdict, of: delivery)
        tell(attempt, verdict, of: delivery)
    }

    /// Until the database takes it: a try that nobody remembers would be made again at once, and again.
    private func record(
        _ attempt: WebhookDelivery.Try, _ verdict: WebhookSchedule.Verdict, of delivery: WebhookDelivery
    ) async {
        let state: WebhookDelivery.State
        var next: Int64?
        switch verdict {
        case .delivered: state = .delivered
        case .failed: state = .failed
        case .again(let pause):
            state = .pending
            next = TaskBook.now() + pause.milliseconds
        }
        let time = next
        while true {
            do {
                return try await database.write {
                    try WebhookRow.record(attempt, of: delivery, state: state, next: time, $0)
                }
            } catch {
                logger.error("The log of a webhook cannot be written", metadata: ["error": "\(error)"])
            }
            do { try await sleep(for: .seconds(1)) } catch { return }
        }
    }

    private func tell(
        _ attempt: WebhookDelivery.Try, _ verdict: WebhookSchedule.Verdict, of delivery: WebhookDelivery
    ) {
        // The host alone: a path or a query can hold the receiver's secrets.
        var metadata: Logger.Metadata = [
            "id": "\(delivery.id)", "task": "\(delivery.taskID)", "event": "\(delivery.event)",
            "host": "\(delivery.host)", "try": "\(delivery.tries + 1)",
        ]
        metadata["status"] = attempt.status.map { "\($0)" }
        metadata["error"] = attempt.error.map { "\($0)" }
        switch verdict {
        case .delivered: logger.debug("Webhook delivered", metadata: metadata)
        case .again: logger.info("Webhook not delivered, it will be sent again", metadata: metadata)
        case .failed: logger.warning("Webhook given up", metadata: metadata)
        }
    }
}

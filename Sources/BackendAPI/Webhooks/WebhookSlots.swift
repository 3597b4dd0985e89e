/// Which webhooks are on their way, and how many more may be: so many at once, and so many to one host, so that a slow
/// receiver holds up only its own. A value.
struct WebhookSlots: Sendable, Equatable {
    let total: Int
    let perHost: Int
    /// Host and port, by the delivery's id.
    private(set) var busy: [String: String] = [:]
    /// When each host was last sent something, as a number that rises.
    private var turns: [String: Int] = [:]
    private var lastTurn = 0
    private static let rememberedTurns = 10_000

    init(total: Int = 16, perHost: Int = 2) {
        self.total = total
        self.perHost = perHost
    }

    var free: Int { total - busy.count }

    /// How many more may go to a host now.
    func room(for host: String) -> Int { min(free, perHost - busy.values.count { $0 == host }) }

    /// Hosts in the order in which they get their turn: who has waited longest first, so that those that take their
    /// time leave room for the others.
    func inTurn(_ hosts: [String]) -> [String] {
        hosts.sorted { (turns[$0] ?? 0, $0) < (turns[$1] ?? 0, $1) }
    }

    /// - Returns: false when there is no room, or it is on its way already.
    mutating func take(_ id: String, to host: String) -> Bool {
        guard room(for: host) > 0, busy[id] == nil else { return false }
        busy[id] = host
        if turns.count >= Self.rememberedTurns { turns = [:] }
        lastTurn += 1
        turns[host] = lastTurn
        return true
    }

    mutating func release(_ id: String) { busy[id] = nil }

    /// Forgets the turns of hosts for which nothing waits.
    mutating func keepTurns(of hosts: Set<String>) { turns = turns.filter { hosts.contains($0.key) } }
}

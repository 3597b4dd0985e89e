/// Which webhooks are on their way, and how many more may be: so many at once, and so many to one host, so that a slow
/// receiver holds up only its own. A value.
struct WebhookSlots: Sendable, Equatable {
    let total: Int
    let perHost: Int
    /// Host and port, by the delivery's id.
    private(set) var busy: [String: String] = [:]

    init(total: Int = 16, perHost: Int = 2) {
        self.total = total
        self.perHost = perHost
    }

    var free: Int { total - busy.count }

    /// Hosts that get no more for now.
    var fullHosts: [String] {
        Dictionary(grouping: busy.values) { $0 }.filter { $0.value.count >= perHost }.map(\.key)
    }

    /// - Returns: false when there is no room, or it is on its way already.
    mutating func take(_ id: String, to host: String) -> Bool {
        guard free > 0, busy[id] == nil, busy.values.count(where: { $0 == host }) < perHost else { return false }
        busy[id] = host
        return true
    }

    mutating func release(_ id: String) { busy[id] = nil }
}

/// The inspections of the last hour, by the hash of the picture.
struct InspectionMemory: Sendable {
    /// An inspection is forgotten so long after it was made, however often it is asked for.
    static let lifetime: Duration = .seconds(3600)

    private let capacity: Int
    private var known: [String: Entry] = [:]
    /// The hashes, the oldest first.
    private var order: [String] = []

    private struct Entry {
        let inspection: Inspection
        let end: ContinuousClock.Instant
    }

    /// - Parameter capacity: at least 1; the oldest goes beyond it. One takes 2 KB at most.
    init(capacity: Int = 1000) { self.capacity = capacity }

    var count: Int { known.count }

    func recall(_ sha256: String, now: ContinuousClock.Instant) -> Inspection? {
        guard let entry = known[sha256], now < entry.end else { return nil }
        return entry.inspection
    }

    mutating func remember(_ inspection: Inspection, of sha256: String, now: ContinuousClock.Instant) {
        if known.updateValue(Entry(inspection: inspection, end: now + Self.lifetime), forKey: sha256) != nil {
            order.removeAll { $0 == sha256 }
        }
        order.append(sha256)
        while let oldest = order.first, order.count > capacity || isOver(oldest, now) {
            order.removeFirst()
            known[oldest] = nil
        }
    }

    private func isOver(_ sha256: String, _ now: ContinuousClock.Instant) -> Bool {
        known[sha256].map { now >= $0.end } ?? true
    }
}

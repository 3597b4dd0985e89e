import JSONText

/// The faults that were asked for, in that order.
struct FaultList: Sendable {
    private(set) var faults: [Fault] = []
    private static let limit = 100

    mutating func add(_ new: [Fault]) throws(FaultProblem) {
        guard faults.count + new.count <= Self.limit else {
            throw FaultProblem(message: "\(Self.limit) faults at once are enough")
        }
        faults += new
    }

    mutating func clear() { faults = [] }

    var json: JSON { ["faults": .array(faults.map(\.json))] }

    /// The first fault of the kind for this request; counts it.
    mutating func take(_ kind: Fault.Kind, path: String) -> Fault? {
        take(kind) { $0.match.map { path.hasPrefix($0) || path.hasPrefix("/api" + $0) } ?? true }
    }

    /// The first fault of the kind for this prompt at this step; counts it.
    mutating func take(_ kind: Fault.Kind, prompt: QueuedPrompt, step: Int? = nil) -> Fault? {
        take(kind) { fault in
            guard step == nil || fault.step == step else { return false }
            return fault.match.map { prompt.id.contains($0) || JSON.object(prompt.graph.json).text.contains($0) }
                ?? true
        }
    }

    private mutating func take(_ kind: Fault.Kind, where matches: (Fault) -> Bool) -> Fault? {
        guard let place = faults.firstIndex(where: { $0.kind == kind && matches($0) }) else { return nil }
        let fault = faults[place]
        if let count = fault.count {
            if count > 1 { faults[place].count = count - 1 } else { faults.remove(at: place) }
        }
        return fault
    }
}

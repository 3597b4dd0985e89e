import JSONText

/// One way of failing that was asked for with `POST /sandbox/faults`.
struct Fault: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        // At a step of a prompt.
        case freeze, die, oom, error
        case dropSockets = "drop_sockets"
        // At the end of a prompt.
        case lostHistory = "lost_history"
        case lateHistory = "late_history"
        case noEndEvent = "no_end_event"
        // At a request.
        case hang, slow
        case httpError = "http_error"
        case notJSON = "not_json"
        case lostAnswer = "lost_answer"
        case wrongBytes = "wrong_bytes"
        case viewNotFound = "view_404"
        case rejectSockets = "reject_sockets"
    }

    var kind: Kind
    /// How many times it still happens; nil for ever.
    var count: Int?
    /// A request fault looks for it at the beginning of the path, a prompt fault in the prompt's id and graph.
    var match: String?
    /// Happens when so many steps of the prompt are done; 0 is before its first node.
    var step = 0
    /// Milliseconds: of `slow` before an answer, of `late_history` after the end.
    var milliseconds = 1000
    /// `slow`: bytes of the body at a time, with the wait before each; 0 sends the body at once.
    var chunk = 0
    /// `http_error`: the status.
    var status = 500
    /// `wrong_bytes`: "truncated", "html" or "empty". `error`: what the exception says.
    var mode = "truncated"

    var isForPrompts: Bool {
        switch kind {
        case .freeze, .die, .oom, .error, .dropSockets, .lostHistory, .lateHistory, .noEndEvent: true
        default: false
        }
    }
}

/// Why a fault was refused.
struct FaultProblem: Error { let message: String }

extension Fault {
    private static let members = ["kind", "count", "match", "step", "ms", "chunk", "status", "mode"]

    /// Reads `{"kind": …, "count": …, "match": …, "step": …, "ms": …, "chunk": …, "status": …, "mode": …}`.
    init(_ json: JSON) throws(FaultProblem) {
        guard let object = json.object else { throw FaultProblem(message: "a fault is an object") }
        if let unknown = object.keys.first(where: { !Self.members.contains($0) }) {
            throw FaultProblem(
                message: "a fault has no member \(unknown); it has \(Self.members.joined(separator: ", "))")
        }
        guard let kind = object["kind"]?.string.flatMap(Kind.init(rawValue:)) else {
            throw FaultProblem(message: "kind is one of " + Kind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.kind = kind
        count = try Self.number(object, "count", 1...1_000_000)
        match = object["match"]?.string
        step = try Self.number(object, "step", 0...10_000) ?? step
        milliseconds = try Self.number(object, "ms", 0...3_600_000) ?? milliseconds
        chunk = try Self.number(object, "chunk", 0...1_000_000) ?? chunk
        status = try Self.number(object, "status", 400...599) ?? status
        mode = object["mode"]?.string ?? (kind == .error ? "The sandbox was asked to fail" : mode)
        if kind == .wrongBytes, !["truncated", "html", "empty"].contains(mode) {
            throw FaultProblem(message: "mode is one of truncated, html, empty")
        }
    }

    private static func number(
        _ object: JSONObject, _ name: String, _ range: ClosedRange<Int>
    ) throws(FaultProblem) -> Int? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let number = value.int, range.contains(number) else {
            throw FaultProblem(message: "\(name) is an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    var json: JSON {
        [
            "kind": .string(kind.rawValue), "count": count.map { JSON($0) } ?? .null,
            "match": match.map(JSON.string) ?? .null, "step": JSON(step), "ms": JSON(milliseconds),
            "chunk": JSON(chunk), "status": JSON(status), "mode": .string(mode),
        ]
    }
}

import JSONText
import Outbound
import Workflows

/// Reads `webhook` and `webhook_events` of a request that makes a task.
struct WebhookRules: Sendable {
    /// Without a secret nothing could be signed, and a receiver could not tell our calls from anybody's.
    var hasSecret: Bool
    var urls: OutsideURLRules

    static let longestURL = 2048
    private static let mostEvents = 20

    /// - Parameters:
    ///   - body: the request's. A null is the same as an absent field.
    ///   - faults: gets every fault of the two fields.
    func read(_ body: JSON, _ faults: inout [Fault]) -> TaskWebhook? {
        let events = readEvents(body["webhook_events"] ?? .null, &faults)
        let value = body["webhook"] ?? .null
        if value.isNull { return nil }
        guard let url = value.string else {
            faults.append(.wrongType(.string, ["body", "webhook"], input: value))
            return nil
        }
        if let reason = fault(of: url) {
            faults.append(.valueError(["body", "webhook"], reason, input: value))
            return nil
        }
        return TaskWebhook(url: url, events: events)
    }

    private func fault(of url: String) -> String? {
        guard hasSecret else {
            return "no webhook can be sent: WEBHOOK_SECRET, which signs them, is not set on this server"
        }
        guard url.utf8.count <= Self.longestURL else { return "the URL is longer than \(Self.longestURL) bytes" }
        do { try urls.check(url) } catch { return error.message }
        return nil
    }

    private func readEvents(_ value: JSON, _ faults: inout [Fault]) -> Set<TaskState> {
        if value.isNull { return TaskWebhook.usualEvents }
        let loc: [JSONPathElement] = ["body", "webhook_events"]
        guard let list = value.array else {
            faults.append(.wrongType(.array, loc, input: value))
            return []
        }
        guard (1...Self.mostEvents).contains(list.count) else {
            let (type, bound) =
                list.isEmpty ? ("too_short", "least 1 item") : ("too_long", "most \(Self.mostEvents) items")
            let message = "List should have at \(bound) after validation, not \(list.count)"
            faults.append(Fault(type: type, loc: loc, msg: message, input: value))
            return []
        }
        return Set(list.enumerated().compactMap { event($1, loc + [.index($0)], &faults) })
    }

    private func event(_ value: JSON, _ loc: [JSONPathElement], _ faults: inout [Fault]) -> TaskState? {
        guard let name = value.string else {
            faults.append(.wrongType(.string, loc, input: value))
            return nil
        }
        if let state = TaskState(rawValue: name) { return state }
        let names = TaskState.allCases.map { "'\($0.rawValue)'" }
        let list = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        faults.append(Fault(type: "literal_error", loc: loc, msg: "Input should be \(list)", input: value))
        return nil
    }
}

import HTTP
import HTTPTypes
import JSONText
import Loop
import Workflows

/// How long a request may be held.
struct WaitRules: Sendable {
    /// `MAX_WAIT`.
    let longest: Duration

    /// `Prefer: wait=N` (RFC 7240 §4.3), in seconds; nil when it is not asked for.
    func preferred(_ headers: HTTPFields) -> Duration? {
        let prefer = headers[values: .prefer].flatMap { $0.split(separator: ",") }
        for item in prefer {
            let parts = item.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
            if parts.count == 2, parts[0].lowercased() == "wait", let seconds = Self.seconds(parts[1]) {
                return min(seconds, longest)
            }
        }
        return nil
    }

    /// `?wait=N`.
    ///
    /// - Throws: ``Unprocessable`` for what is no number of seconds.
    func asked(_ request: Request) throws -> Duration? {
        guard let text = request.query("wait") else { return nil }
        guard let seconds = Self.seconds(text) else {
            throw Unprocessable(
                faults: [
                    .wrongType(.number, ["query", "wait"], input: .string(text))
                ])
        }
        return min(seconds, longest)
    }

    private static func seconds(_ text: String) -> Duration? {
        guard let number = Double(text), number.isFinite, number >= 0 else { return nil }
        return .seconds(min(number, 86_400))
    }
}

/// Holds a request until its task ends. A request that is held has a connection for itself, so it counts among the event
/// streams that its client may have open, and ends with its client.
@LoopActor
struct HeldRequests {
    let waits: WaitRules
    let streams: OpenStreams
    let isStopping: @LoopActor () -> Bool

    /// Returns when the task has ended, at the latest after `limit`, or `MAX_WAIT` after the request came: what was
    /// fetched and looked at meanwhile is part of it. Returns at once for a client that has too much open, once the
    /// client has gone, which cancels no task, and once the service stops.
    func end(of entry: LiveTask, for request: Request, within limit: Duration? = nil) async {
        let most = waits.longest - (.now - request.arrival)
        let end = ContinuousClock.now + min(limit ?? most, most)
        guard !entry.task.state.hasEnded, let place = try? streams.enter(request.caller) else { return }
        defer { place.leave() }
        var isGone = false
        request.onGone {
            isGone = true
            entry.wake()
        }
        defer { request.onGone(nil) }
        while !entry.task.state.hasEnded, !isStopping(), !isGone {
            let left = end - .now
            guard left > .zero else { return }
            do { try await entry.news(after: entry.revision, within: left) } catch { return }
        }
    }
}

extension HTTPField.Name {
    /// RFC 7240. The literals are tokens, so the names exist.
    static let prefer = HTTPField.Name("Prefer")!
    static let preferenceApplied = HTTPField.Name("Preference-Applied")!
}

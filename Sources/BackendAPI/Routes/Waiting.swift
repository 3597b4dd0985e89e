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

extension LiveTask {
    /// Returns when it has ended, at the latest after `limit`, or once the service stops.
    func end(within limit: Duration, unless isStopping: @LoopActor () -> Bool) async {
        let end = ContinuousClock.now + limit
        while !task.state.hasEnded, !isStopping() {
            let left = end - .now
            guard left > .zero else { return }
            do { try await news(after: revision, within: left) } catch { return }
        }
    }
}

extension HTTPField.Name {
    /// RFC 7240. The literals are tokens, so the names exist.
    static let prefer = HTTPField.Name("Prefer")!
    static let preferenceApplied = HTTPField.Name("Preference-Applied")!
}

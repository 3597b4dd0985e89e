import HTTP
import HTTPTypes
import Loop

/// The event streams, and the requests held for a task's end, that each client has open. Each holds a connection for as
/// long as its task goes on, so one client must not be able to have them all.
@LoopActor
final class OpenStreams {
    private var counts: [String: Int] = [:]
    /// Seconds after which it is worth trying again. Nobody knows when a task ends.
    private static let pause = 15

    /// Counts one more, until the place is left, or nobody holds it any more.
    ///
    /// - Throws: `HTTPProblem` 429 for one too many.
    func enter(_ caller: Caller) throws(HTTPProblem) -> Place {
        let (owner, most) = (caller.owner, caller.limits.streams)
        guard most == 0 || count(of: owner) < most else {
            throw HTTPProblem(
                .tooManyRequests, "\(most) of your event streams and waiting requests are open already.",
                code: PortraitError.rateLimited.rawValue, headers: [.retryAfter: String(Self.pause)])
        }
        counts[owner, default: 0] += 1
        return Place(owner, in: self)
    }

    func count(of owner: String) -> Int { counts[owner] ?? 0 }

    private func leave(_ owner: String) {
        let count = count(of: owner) - 1
        counts[owner] = count > 0 ? count : nil
    }

    /// One stream's. A stream that never begins, since its client has gone already, lets go of it unasked.
    @LoopActor
    final class Place {
        private let owner: String
        private var streams: OpenStreams?

        fileprivate init(_ owner: String, in streams: OpenStreams) {
            self.owner = owner
            self.streams = streams
        }

        isolated deinit { leave() }

        func leave() {
            streams?.leave(owner)
            streams = nil
        }
    }
}

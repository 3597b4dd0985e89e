import Loop

/// Decides whether a ComfyUI that answers still works. A value with no clock and no I/O.
///
/// Its HTTP server and its worker are two threads: the worker can die, or hang in a node, while every route answers
///. Two signs are sure: prompts wait and none runs, which a living
/// worker never lets stand; and a prompt that is still there long after it was told to stop.
struct WedgeWatch: Sendable, Equatable {
    /// What `GET /queue` said.
    struct Look: Sendable, Equatable {
        var running: [String]
        var pending: Int
    }

    /// Prompts may wait with none running for so long.
    static let idlePatience: Duration = .seconds(15)

    /// Since when prompts wait and none runs.
    private var idleSince: Duration?
    /// The prompts that did not stop when they were told to.
    private var stuck: Set<String> = []
    private(set) var isWedged = false

    /// Notes a look at the queue.
    ///
    /// - Parameter time: since any fixed moment.
    mutating func observe(_ look: Look, at time: Duration) {
        if isWedged {
            // Something runs that was not stuck: its worker is alive.
            if look.running.contains(where: { !stuck.contains($0) }) || (!stuck.isEmpty && look.running.isEmpty) {
                self = WedgeWatch()
            }
            return
        }
        guard look.running.isEmpty, look.pending > 0 else { return idleSince = nil }
        let since = idleSince ?? time
        idleSince = since
        if time - since >= Self.idlePatience { isWedged = true }
    }

    /// Notes that a prompt did not stop, long after it was told to.
    mutating func didNotStop(_ promptID: String) {
        stuck.insert(promptID)
        isWedged = true
    }

    /// Notes that it may be another process by now: it was away, or closed its socket.
    mutating func mayBeAnother() { self = WedgeWatch() }
}

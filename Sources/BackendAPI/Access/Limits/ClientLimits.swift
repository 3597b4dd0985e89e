/// What one client may do; 0 is no limit.
struct ClientLimits: Sendable, Equatable {
    var requestsPerMinute = 0
    /// Tasks that have not ended.
    var tasks = 0
    /// Event streams that are open.
    var streams = 0
    /// Of request bodies.
    var bytesPerMinute = 0

    /// With what a key has of its own.
    func with(_ own: KeyLimits) -> ClientLimits {
        ClientLimits(
            requestsPerMinute: own.requestsPerMinute ?? requestsPerMinute, tasks: own.tasks ?? tasks,
            streams: own.streams ?? streams, bytesPerMinute: own.bytesPerMinute ?? bytesPerMinute)
    }
}

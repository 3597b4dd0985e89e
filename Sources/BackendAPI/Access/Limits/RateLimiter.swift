/// The buckets of all clients, with a bound: one that was not heard of while many others were is forgotten, and begins
/// with a full bucket again.
struct RateLimiter: Sendable {
    private struct Buckets {
        var requests: TokenBucket
        var bytes: TokenBucket
    }

    /// Two generations: when the younger is full it becomes the elder, and what was the elder is dropped.
    private var young: [String: Buckets] = [:]
    private var old: [String: Buckets] = [:]
    private let generation: Int

    /// - Parameter capacity: clients that are remembered at most.
    init(capacity: Int = 50_000) { generation = max(1, capacity / 2) }

    /// Clients that are remembered.
    var count: Int { young.count + old.count }

    /// Judges a request.
    ///
    /// - Parameters:
    ///   - client: whose it is.
    ///   - bytes: of its body, as far as it said; more are told by ``charge(_:bytes:limits:at:)``.
    mutating func judge(
        _ client: String, bytes: Int, limits: ClientLimits, at time: ContinuousClock.Instant
    ) -> RateVerdict {
        guard limits.requestsPerMinute > 0 || limits.bytesPerMinute > 0 else { return RateVerdict() }
        var buckets = take(client, limits, time)
        defer { keep(client, buckets) }
        var verdict = RateVerdict()
        if limits.requestsPerMinute > 0 {
            let quota = limits.requestsPerMinute
            let isThere = buckets.requests.take(1, quota: quota, at: time)
            verdict.note(.requests, buckets.requests, quota: quota, retryAfter: isThere ? nil : 1)
        }
        if limits.bytesPerMinute > 0, verdict.retryAfter == nil {
            let quota = limits.bytesPerMinute
            let isThere = buckets.bytes.take(bytes, quota: quota, at: time)
            verdict.note(.bytes, buckets.bytes, quota: quota, retryAfter: isThere ? nil : bytes)
        }
        return verdict
    }

    /// Notes bytes of a body that came without having been said.
    mutating func charge(_ client: String, bytes: Int, limits: ClientLimits, at time: ContinuousClock.Instant) {
        guard limits.bytesPerMinute > 0, bytes > 0 else { return }
        var buckets = take(client, limits, time)
        buckets.bytes.charge(bytes, quota: limits.bytesPerMinute, at: time)
        keep(client, buckets)
    }

    private func take(_ client: String, _ limits: ClientLimits, _ time: ContinuousClock.Instant) -> Buckets {
        young[client] ?? old[client]
            ?? Buckets(
                requests: TokenBucket(quota: limits.requestsPerMinute, at: time),
                bytes: TokenBucket(quota: limits.bytesPerMinute, at: time))
    }

    private mutating func keep(_ client: String, _ buckets: Buckets) {
        if young[client] == nil {
            old[client] = nil
            if young.count >= generation { (old, young) = (young, [:]) }
        }
        young[client] = buckets
    }
}

/// What is said of a client's limits, and whether its request may pass.
struct RateVerdict: Sendable, Equatable {
    /// What is limited, as `qu` of a policy names it; requests are what is meant without it.
    enum Kind: String, Sendable { case requests, bytes }

    /// Seconds until it is worth trying again; nil: the request may pass.
    private(set) var retryAfter: Int?
    private(set) var exceeded: Kind?
    private var policies: [String] = []
    private var states: [String] = []

    init() {}

    /// - Parameter retryAfter: how many tokens were wanted, where they were not there.
    mutating func note(_ kind: Kind, _ bucket: TokenBucket, quota: Int, retryAfter wanted: Int?) {
        let unit = kind == .bytes ? ";qu=\"content-bytes\"" : ""
        policies.append("\"\(kind.rawValue)\";q=\(quota)\(unit);w=60")
        states.append(
            "\"\(kind.rawValue)\";r=\(bucket.remaining);t=\(bucket.seconds(until: quota, quota: quota))")
        if let wanted {
            exceeded = kind
            retryAfter = max(1, bucket.seconds(until: wanted, quota: quota))
        }
    }

    /// The values of `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4);
    /// nil where nothing is limited.
    var fields: (policy: String, limit: String)? {
        policies.isEmpty ? nil : (policies.joined(separator: ", "), states.joined(separator: ", "))
    }
}

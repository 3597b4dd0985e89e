public import HTTP
internal import HTTPTypes
public import Loop

/// Counts requests by route, method and status, with their latencies. Kept in a table of its own: it is on the way of
/// every request.
@LoopActor
public final class RequestMetrics {
    private struct Key: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct Latency {
        var buckets = [Int](repeating: 0, count: RequestMetrics.bounds.count)
        var count = 0
        var seconds = 0.0
    }

    private nonisolated static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 100]
    /// Routes and methods that Easel has are some hundred; a client's inventions share one line.
    private static let maxKeys = 1000
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]

    private var counts: [Key: Int] = [:]
    private var latencies: [String: Latency] = [:]

    public init() {}

    public func count(_ record: AccessRecord) {
        let route = record.route ?? "none"
        let method = record.method.rawValue
        let key = Key(route: route, method: Self.methods.contains(method) ? method : "other", status: record.status)
        if counts.count < Self.maxKeys || counts[key] != nil { counts[key, default: 0] += 1 }
        let seconds = record.duration.seconds
        if let place = Self.bounds.firstIndex(where: { seconds <= $0 }) {
            latencies[route, default: Latency()].buckets[place] += 1
        }
        latencies[route, default: Latency()].count += 1
        latencies[route, default: Latency()].seconds += seconds
    }

    /// Adds the two families, and the bytes of a server, to what is told.
    ///
    /// - Parameter server: nil before there is one.
    public func add(to metrics: Metrics, server: @escaping @LoopActor () -> HTTPServer?) {
        metrics.counter("http_requests_total", "Requests answered, by route, method and status.") { [self] in
            counts.map {
                ([("route", $0.route), ("method", $0.method), ("status", String($0.status))], Double($1))
            }
        }
        metrics.counter("http_received_bytes_total", "Bytes that clients have sent.") {
            [([], Double(server()?.bytesReceived ?? 0))]
        }
        metrics.counter("http_sent_bytes_total", "Bytes that clients were sent.") {
            [([], Double(server()?.bytesSent ?? 0))]
        }
        metrics.gauge("http_connections", "Connections of clients that are open.") {
            [([], Double(server()?.connectionCount ?? 0))]
        }
        metrics.collect { [self] in latencyText }
    }

    private var latencyText: String {
        let name = "http_request_duration_seconds"
        var lines = [
            "# HELP \(name) From a request's head to its answer's; a streamed body goes on after that.",
            "# TYPE \(name) histogram",
        ]
        for (route, latency) in latencies.sorted(by: { $0.key < $1.key }) {
            var sum = 0
            for (bound, count) in zip(Self.bounds, latency.buckets) {
                sum += count
                lines.append("\(name)_bucket{route=\"\(route)\",le=\"\(Metrics.number(bound))\"} \(sum)")
            }
            lines.append("\(name)_bucket{route=\"\(route)\",le=\"+Inf\"} \(latency.count)")
            lines.append("\(name)_sum{route=\"\(route)\"} \(latency.seconds)")
            lines.append("\(name)_count{route=\"\(route)\"} \(latency.count)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

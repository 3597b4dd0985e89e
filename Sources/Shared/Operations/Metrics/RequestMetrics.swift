public import HTTP
internal import HTTPTypes
public import Loop

/// Counts requests by route, method and status, with their latencies. Kept in a table of its own: it is on the way of
/// every request.
@LoopActor
public final class RequestMetrics {
    /// Of one route. An object, so that a request costs one look into the table.
    private final class Line {
        var counts: [(method: String, status: Int, count: Int)] = []
        var buckets = [Int](repeating: 0, count: RequestMetrics.bounds.count)
        var count = 0
        var seconds = 0.0
    }

    private nonisolated static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 100]
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]

    /// By the route's pattern: there are as many as the router has routes, "none" for all that has none, and "*".
    private var lines: [String: Line] = [:]

    public init() {}

    public func count(_ record: AccessRecord) {
        let line = line(of: record.route ?? "none")
        let seconds = record.duration.seconds
        line.count += 1
        line.seconds += seconds
        if let place = Self.bounds.firstIndex(where: { seconds <= $0 }) { line.buckets[place] += 1 }
        let method = record.method.rawValue
        if let place = line.counts.firstIndex(where: { $0.status == record.status && $0.method == method }) {
            line.counts[place].count += 1
        } else {
            add(record.status, Self.methods.contains(method) ? method : "other", to: line)
        }
    }

    private func line(of route: String) -> Line {
        if let line = lines[route] { return line }
        let line = Line()
        lines[route] = line
        return line
    }

    private func add(_ status: Int, _ method: String, to line: Line) {
        if let place = line.counts.firstIndex(where: { $0.status == status && $0.method == method }) {
            line.counts[place].count += 1
        } else {
            line.counts.append((method, status, 1))
        }
    }

    /// Adds the two families, and the bytes of a server, to what is told.
    ///
    /// - Parameter server: nil before there is one.
    public func add(to metrics: Metrics, server: @escaping @LoopActor () -> HTTPServer?) {
        metrics.counter("http_requests_total", "Requests answered, by route, method and status.") { [self] in
            lines.flatMap { route, line in
                line.counts.map {
                    ([("route", route), ("method", $0.method), ("status", String($0.status))], Double($0.count))
                }
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
        for (route, latency) in self.lines.sorted(by: { $0.key < $1.key }) {
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

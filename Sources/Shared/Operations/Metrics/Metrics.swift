public import Loop

/// Counts what happens, for whoever scrapes it (Prometheus' text format, version 0.0.4).
@LoopActor
public final class Metrics {
    public typealias Labels = [(name: String, value: String)]

    private enum Kind: String { case counter, gauge, histogram }

    private struct Series {
        var labels: Labels
        var value = 0.0
        /// Of a histogram: how many observations were at most as large as each bound.
        var buckets: [Int] = []
        var count = 0
    }

    private struct Family {
        let name: String
        let help: String
        let kind: Kind
        let bounds: [Double]
        var series: [String: Series] = [:]
    }

    private var families: [String: Family] = [:]
    private var order: [String] = []
    private var collectors: [@LoopActor () -> String] = []
    private var readings: [(family: String, read: @LoopActor () -> [(Labels, Double)])] = []

    /// Of one family; what comes beyond it is counted under the label value "other". Labels of requests are bounded by
    /// what Easel itself names, so this is a last line.
    private static let maxSeries = 1000

    public init() {}

    // MARK: What there is

    public func counter(_ name: String, _ help: String) { add(name, help, .counter) }

    /// - Parameter bounds: of the buckets, rising; the one without end comes by itself.
    public func histogram(_ name: String, _ help: String, bounds: [Double]) { add(name, help, .histogram, bounds) }

    /// A value that is read when it is asked for.
    public func gauge(_ name: String, _ help: String, read: @escaping @LoopActor () -> [(Labels, Double)]) {
        add(name, help, .gauge)
        readings.append((name, read))
    }

    /// A total that somebody else keeps, which only rises; read when it is asked for.
    public func counter(_ name: String, _ help: String, read: @escaping @LoopActor () -> [(Labels, Double)]) {
        add(name, help, .counter)
        readings.append((name, read))
    }

    /// Families that somebody else counts, and tells as they stand in the answer.
    public func collect(_ tell: @escaping @LoopActor () -> String) { collectors.append(tell) }

    private func add(_ name: String, _ help: String, _ kind: Kind, _ bounds: [Double] = []) {
        guard families[name] == nil else { return }
        families[name] = Family(name: name, help: help, kind: kind, bounds: bounds)
        order.append(name)
    }

    // MARK: What happens

    public func count(_ name: String, _ labels: Labels = [], by amount: Double = 1) {
        change(name, labels) { series, _ in series.value += amount }
    }

    public func observe(_ name: String, _ labels: Labels = [], _ value: Double) {
        change(name, labels) { series, bounds in
            if series.buckets.isEmpty { series.buckets = bounds.map { _ in 0 } }
            for (place, bound) in bounds.enumerated() where value <= bound { series.buckets[place] += 1 }
            series.count += 1
            series.value += value
        }
    }

    private func change(_ name: String, _ labels: Labels, _ edit: (inout Series, [Double]) -> Void) {
        guard let family = families[name] else { return }
        var labels = labels
        if family.series.count >= Self.maxSeries, family.series[Self.text(labels)] == nil {
            labels = labels.map { ($0.name, "other") }
        }
        edit(&families[name, default: family].series[Self.text(labels), default: Series(labels: labels)], family.bounds)
    }

    // MARK: Telling

    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    public func text() -> String {
        for reading in readings {
            families[reading.family]?.series = [:]
            for (labels, value) in reading.read() {
                families[reading.family]?.series[Self.text(labels)] = Series(labels: labels, value: value)
            }
        }
        return order.compactMap { families[$0] }.map(Self.text).joined() + collectors.map { $0() }.joined()
    }

    private static func text(_ family: Family) -> String {
        var lines = ["# HELP \(family.name) \(family.help)", "# TYPE \(family.name) \(family.kind.rawValue)"]
        for (key, series) in family.series.sorted(by: { $0.key < $1.key }) {
            guard family.kind == .histogram else {
                lines.append("\(family.name)\(key) \(number(series.value))")
                continue
            }
            for (bound, count) in zip(family.bounds, series.buckets) {
                lines.append("\(family.name)_bucket\(text(series.labels + [("le", number(bound))])) \(count)")
            }
            lines.append("\(family.name)_bucket\(text(series.labels + [("le", "+Inf")])) \(series.count)")
            lines.append("\(family.name)_sum\(key) \(number(series.value))")
            lines.append("\(family.name)_count\(key) \(series.count)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ labels: Labels) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }

    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}

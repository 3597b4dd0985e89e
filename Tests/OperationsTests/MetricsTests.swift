import Loop
import Operations
import TestSupport
import Testing

@Suite struct MetricsTests {
    init() { startLoop() }

    @LoopActor @Test func `counters, gauges and histograms are told as Prometheus has them`() {
        let metrics = Metrics()
        metrics.counter("made_total", "What was made.")
        metrics.histogram("time_seconds", "How long.", bounds: [0.5, 2])
        metrics.gauge("waiting", "Who waits.") { [([], 3)] }
        metrics.count("made_total", [("by", "a\"b\\c\nd")])
        metrics.count("made_total", [("by", "a\"b\\c\nd")], by: 1.5)
        metrics.observe("time_seconds", [], 0.25)
        metrics.observe("time_seconds", [], 1)
        metrics.observe("time_seconds", [], 9)
        #expect(
            metrics.text() == """
                # HELP made_total What was made.
                # TYPE made_total counter
                made_total{by="a\\"b\\\\c\\nd"} 2.5
                # HELP time_seconds How long.
                # TYPE time_seconds histogram
                time_seconds_bucket{le="0.5"} 1
                time_seconds_bucket{le="2"} 2
                time_seconds_bucket{le="+Inf"} 3
                time_seconds_sum 10.25
                time_seconds_count 3
                # HELP waiting Who waits.
                # TYPE waiting gauge
                waiting 3

                """)
    }

    @LoopActor @Test func `labels without end do not fill memory`() {
        let metrics = Metrics()
        metrics.counter("made_total", "What was made.")
        for number in 0..<5000 { metrics.count("made_total", [("by", String(number))]) }
        #expect(metrics.text().split(separator: "\n").count == 2 + 1001)
        #expect(metrics.text().contains(#"made_total{by="other"} 4000"#))
    }
}

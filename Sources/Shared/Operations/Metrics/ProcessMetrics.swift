internal import Glibc
public import Loop

/// What the process itself takes, under the names that Prometheus' client libraries give it, and how long the event loop
/// was kept busy at a time. Read when it is asked for.
@LoopActor
public enum ProcessMetrics {
    /// To be called at start: that is when the start is noted.
    public static func add(to metrics: Metrics) {
        let start = Double(time(nil))
        metrics.gauge("process_resident_memory_bytes", "Resident memory.") { [([], residentBytes)] }
        metrics.gauge("process_open_fds", "Open file descriptors.") { [([], Double(openDescriptors))] }
        metrics.gauge("process_start_time_seconds", "When it started, in seconds since 1970.") { [([], start)] }
        metrics.counter("process_cpu_seconds_total", "User and system time.") { [([], cpuSeconds)] }
        metrics.gauge("loop_longest_turn_seconds", "The longest turn of the event loop since this was last asked.") {
            [([], Double(EventLoop.shared.takeLongestTurn().milliseconds) / 1000)]
        }
    }

    /// The second number of /proc/self/statm, in pages (proc_pid_statm(5)).
    private static var residentBytes: Double {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static var openDescriptors: Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // "." and "..", and the descriptor that reads them.
        return count - 3
    }

    private static var cpuSeconds: Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}

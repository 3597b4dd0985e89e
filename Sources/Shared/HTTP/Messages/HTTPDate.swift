internal import Glibc
public import Loop

/// The time as HTTP writes it: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7).
@LoopActor
public enum HTTPDate {
    private static var cached = (second: 0, text: "")

    /// The current time; made anew once a second.
    public static func now() -> String {
        let second = time(nil)
        if second != cached.second { cached = (second, text(secondsSince1970: second)) }
        return cached.text
    }

    /// - Parameter secondsSince1970: a Unix time.
    public nonisolated static func text(secondsSince1970: Int) -> String {
        var seconds = time_t(secondsSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { two(Int($0)) }.joined(separator: ":")
        return "\(days[Int(parts.tm_wday)]), \(two(Int(parts.tm_mday))) \(months[Int(parts.tm_mon)])"
            + " \(1900 + Int(parts.tm_year)) \(time) GMT"
    }

    private nonisolated static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
    private nonisolated static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private nonisolated static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

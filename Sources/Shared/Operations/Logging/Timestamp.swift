internal import Glibc

/// A moment as the logs tell it: UTC with milliseconds (RFC 3339).
struct Timestamp: Sendable, Hashable {
    /// Since 1970-01-01 00:00 UTC.
    let milliseconds: Int

    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    }

    func append(to text: inout LogText) {
        let seconds = milliseconds / 1000
        appendDate(of: seconds / 86400, to: &text)
        text.append(plain: "T")
        text.append(seconds / 3600 % 24, digits: 2)
        text.append(plain: ":")
        text.append(seconds / 60 % 60, digits: 2)
        text.append(plain: ":")
        text.append(seconds % 60, digits: 2)
        text.append(plain: ".")
        text.append(milliseconds % 1000, digits: 3)
        text.append(plain: "Z")
    }

    /// From days to a date of the Gregorian calendar, counted in eras of 400 years that begin on 1 March, so that the
    /// leap day is the last of its year.
    private func appendDate(of days: Int, to text: inout LogText) {
        let shifted = days + 719_468
        let (era, day) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let year = (day - day / 1460 + day / 36524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        text.append(year + era * 400 + (month >= 10 ? 1 : 0), digits: 4)
        text.append(plain: "-")
        text.append(month < 10 ? month + 3 : month - 9, digits: 2)
        text.append(plain: "-")
        text.append(dayOfYear - (153 * month + 2) / 5 + 1, digits: 2)
    }
}

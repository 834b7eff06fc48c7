internal import RTPTransport

/// Dates as headers write them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 2326 section 12.18, RFC 1123).
enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The text for a wall-clock time from 1970 to 2036.
    static func description(of time: NTPTimestamp) -> String {
        let seconds = max(0, Int(time.rawValue >> 32) - 2_208_988_800)
        let days = seconds / 86_400
        let (year, month, day) = civil(days)
        let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map(twoDigits).joined(separator: ":")
        return "\(weekdays[days % 7]), \(twoDigits(day)) \(months[month - 1]) \(year) \(clock) GMT"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// Year, month (1 to 12) and day of the Gregorian calendar, from days since 1 January 1970.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        var year = 1970
        var rest = days
        while rest >= length(ofYear: year) {
            rest -= length(ofYear: year)
            year += 1
        }
        var month = 1
        while rest >= length(ofMonth: month, in: year) {
            rest -= length(ofMonth: month, in: year)
            month += 1
        }
        return (year, month, rest + 1)
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
    private static func length(ofYear year: Int) -> Int { isLeap(year) ? 366 : 365 }
    private static func length(ofMonth month: Int, in year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: isLeap(year) ? 29 : 28
        default: 31
        }
    }
}

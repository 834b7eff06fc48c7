internal import RTPTransport

/// Dates as headers write them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 2326 section 12.18, RFC 1123).
enum HTTPDate {
    /// The text of the last time asked for, which is that of the whole second.
    struct Memory: Sendable {
        private var second: UInt64?
        private var text = ""

        /// The text for `time`.
        mutating func description(of time: NTPTimestamp) -> String {
            let second = time.rawValue >> 32
            if self.second != second { (self.second, text) = (second, HTTPDate.description(of: time)) }
            return text
        }
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The text for a wall-clock time from 1970 to 2036.
    static func description(of time: NTPTimestamp) -> String {
        let seconds = max(0, Int(time.rawValue >> 32) - 2_208_988_800)
        let days = seconds / 86_400
        let (year, month, day) = civil(days)
        var text: [UInt8] = []
        text.reserveCapacity(32)
        func add(_ number: Int, then separator: String) {
            text.append(UInt8(ascii: "0") + UInt8(number / 10 % 10))
            text.append(UInt8(ascii: "0") + UInt8(number % 10))
            text += separator.utf8
        }
        text += weekdays[days % 7].utf8
        text += ", ".utf8
        add(day, then: " ")
        text += months[month - 1].utf8
        text += " ".utf8
        add(year / 100, then: "")
        add(year % 100, then: " ")
        add(seconds / 3600 % 24, then: ":")
        add(seconds / 60 % 60, then: ":")
        add(seconds % 60, then: " GMT")
        return String(decoding: text, as: UTF8.self)
    }

    /// Year, month (1 to 12) and day of the Gregorian calendar, from days since 1 January 1970.
    ///
    /// Years are counted from March here, so that the leap day is the last of its year, and in fours of 1461 days: 2000, the only
    /// turn of a century that a timestamp can name, is a leap year like any fourth.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        // From 1 March 1968 on.
        let count = days + 671
        let four = count % 1461
        let yearOfFour = min(four / 365, 3)
        let dayOfYear = four - yearOfFour * 365
        // March to July, and August to December, have 153 days each: 31, 30, 31, 30, 31.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (1968 + count / 1461 * 4 + yearOfFour + (month <= 2 ? 1 : 0), month, day)
    }
}

import RTSPNIO

/// Puts the times of live frames into a line for the operator.
enum DeliveryLog {
    /// The line when the server stops; `nil` where nothing live was sent.
    static func line(_ statistics: DeliveryStatistics) -> String? {
        guard statistics.count > 0 else { return nil }
        let parts = [(0.5, "half"), (0.99, "99 %")].map { part, name in
            "\(name) within \(milliseconds(statistics.time(ofPart: part)))"
        }
        return "live frames left " + parts.joined(separator: ", ")
            + ", all within \(milliseconds(statistics.longest)) of their arrival"
    }

    private static func milliseconds(_ time: Duration) -> String {
        let hundredths = Int((time / .microseconds(10)).rounded(.up))
        return "\(hundredths / 100).\(String(hundredths % 100).padded(to: 2)) ms"
    }
}

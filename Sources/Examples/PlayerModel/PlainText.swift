/// Text that came from a server or a user, made fit to be passed on: bounded, and without control characters.
public enum PlainText {
    /// How many characters of a title, a reason or an address are passed on.
    public static let maximumLength = 300

    /// One line: every run of control characters becomes a blank, and what is too long ends with an ellipsis.
    ///
    /// Characters that turn the direction of writing, or cannot be seen at all, are left out, since they can make a text look
    /// like another one.
    public static func line(_ text: String, limit: Int = maximumLength) -> String {
        var result = ""
        var count = 0
        var isBlankDue = false
        for scalar in text.unicodeScalars {
            guard !isControl(scalar) else {
                isBlankDue = !result.isEmpty
                continue
            }
            guard !isInvisible(scalar) else { continue }
            guard count < limit else { return result + "…" }
            if isBlankDue { result.unicodeScalars.append(" ") }
            isBlankDue = false
            result.unicodeScalars.append(scalar)
            count += 1
        }
        return result
    }

    /// Several lines: line ends stay, other control characters go.
    public static func lines(_ text: String, limit: Int) -> String {
        var result = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else {
                result.append("…")
                break
            }
            guard scalar == "\r" || scalar == "\n" || scalar == "\t" || !isControl(scalar), !isInvisible(scalar) else { continue }
            result.append(scalar)
            count += 1
        }
        return String(result)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .format || scalar.properties.isDefaultIgnorableCodePoint
    }
}

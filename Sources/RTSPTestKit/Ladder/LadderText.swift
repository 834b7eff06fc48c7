/// Text for diagrams.
enum LadderText {
    /// Seconds with three decimals; where that would be long, with one.
    static func seconds(_ time: Duration) -> String {
        let milliseconds = Int64((max(time, .zero) / .milliseconds(1)).rounded())
        if milliseconds >= 10_000_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100)" }
        let decimals = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - decimals.utf8.count) + decimals
    }

    /// The text without anything that moves the cursor, turns the direction of writing or cannot be seen.
    static func plain(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result.append("?")
            case .nonspacingMark, .enclosingMark, .spacingMark: continue
            case .spaceSeparator: result.append(" ")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// The beginning of a session's identifier, which is enough to tell sessions apart, and its parameters.
    static func shortened(identifier text: String) -> String {
        let id = text.prefix { $0 != ";" }
        return id.count > 12 ? id.prefix(8) + "…" + text.dropFirst(id.count) : text
    }

    /// At most so many characters, the last of them `…` where some are missing.
    static func clipped(_ text: String, to count: Int) -> String {
        guard text.count > max(0, count) else { return text }
        return count > 0 ? text.prefix(count - 1) + "…" : ""
    }

    /// Texts packed into lines of at most `width` characters; what is longer goes on in the next line.
    static func packed(_ texts: [String], width: Int, by separator: String = "  ") -> [String] {
        texts.reduce(into: []) { lines, text in
            if let last = lines.last, last.count + separator.count + text.count <= width {
                lines[lines.count - 1] += separator + text
            } else {
                lines += wrapped(text, width: width)
            }
        }
    }

    /// The text in lines of at most `width` characters, cut at blanks and behind semicolons where there are any.
    static func wrapped(_ text: String, width: Int) -> [String] {
        let width = max(1, width)
        var lines: [String] = []
        var rest = Array(text)
        while rest.count > width {
            // A cut near the beginning would leave most of the line empty.
            let cut = (width / 3..<width).last { rest[$0] == ";" || rest[$0 + 1] == " " }.map { $0 + 1 } ?? width
            lines.append(String(rest[..<cut]))
            rest = Array(rest[cut...].drop { $0 == " " })
        }
        return lines + [String(rest)]
    }

    /// With nothing but ASCII.
    static func ascii(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "–": result += "-"
            case "·": result += "|"
            case "…": result += "..."
            default: result += scalar.isASCII ? String(scalar) : "?"
            }
        }
        return result
    }
}

extension String {
    /// Without blanks at both ends.
    var trimmed: String {
        var text = self[...]
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}

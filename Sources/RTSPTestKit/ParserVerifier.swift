/// Feeds the same bytes to a parser in many cuts: whatever the network does to a stream must not change what comes out.
public enum ParserVerifier {
    /// Pieces of a stream, in order.
    public typealias Cut = [[UInt8]]

    /// A cut whose outcome differs from that of the bytes in one piece.
    public struct Deviation<Outcome: Sendable>: Sendable, CustomStringConvertible {
        /// The pieces.
        public var cut: Cut
        /// What comes out of the bytes in one piece.
        public var expected: Outcome
        /// What comes out of the pieces.
        public var found: Outcome

        /// The pieces as text, and both outcomes.
        public var description: String {
            """
            cut into \(ParserVerifier.text(of: cut))
            expected \(expected)
               found \(found)
            """
        }
    }

    /// The bytes whole, byte by byte, and cut in two at every position (at every `step`th, for long streams).
    public static func cuts(of bytes: [UInt8], step: Int = 1) -> [Cut] {
        let inTwo = stride(from: 1, to: bytes.count, by: max(1, step)).map { position in
            [Array(bytes[..<position]), Array(bytes[position...])]
        }
        return [[bytes], bytes.map { [$0] }] + inTwo
    }

    /// `count` cuts at random positions into up to `pieces` pieces, some of them empty, as a network makes them.
    public static func randomCuts(
        of bytes: [UInt8], count: Int, pieces: Int = 16, using generator: inout some RandomNumberGenerator
    ) -> [Cut] {
        (0..<max(0, count)).map { _ in
            let inner = (0..<generator.number(1...max(1, pieces - 1))).map { _ in generator.number(0...bytes.count) }
            let ends = inner.sorted() + [bytes.count]
            var start = 0
            return ends.map { end in
                defer { start = end }
                return Array(bytes[start..<end])
            }
        }
    }

    /// Several streams back to back in one piece: a message may begin in the middle of what is read at once. The same stream
    /// `count` times, to begin with.
    public static func glued(_ bytes: [UInt8], count: Int = 2) -> [UInt8] {
        glued(Array(repeating: bytes, count: max(0, count)))
    }

    /// Several streams back to back.
    public static func glued(_ streams: [[UInt8]]) -> [UInt8] { Array(streams.joined()) }

    /// The cuts whose outcome differs from that of the bytes in one piece; none where all is well.
    /// - Parameters:
    ///   - bytes: the stream.
    ///   - step: how far apart the positions of cuts in two are.
    ///   - parse: gives the pieces to a fresh parser, in order, and returns all that comes out.
    public static func deviations<Outcome: Equatable>(
        of bytes: [UInt8], step: Int = 1, parse: (Cut) throws -> Outcome
    ) rethrows -> [Cut] {
        let whole = try parse([bytes])
        return try cuts(of: bytes, step: step).filter { try parse($0) != whole }
    }

    /// The first of all cuts, the random ones too, whose outcome differs from that of the bytes in one piece; `nil` where all is
    /// well.
    /// - Parameters:
    ///   - bytes: the stream.
    ///   - step: how far apart the positions of cuts in two are.
    ///   - randomCuts: how many cuts into many pieces are tried.
    ///   - generator: where these cuts come from.
    ///   - parse: gives the pieces to a fresh parser, in order, and returns all that comes out.
    public static func firstDeviation<Outcome: Equatable & Sendable>(
        of bytes: [UInt8], step: Int = 1, randomCuts: Int = 8, using generator: inout some RandomNumberGenerator,
        parse: (Cut) throws -> Outcome
    ) rethrows -> Deviation<Outcome>? {
        let whole = try parse([bytes])
        let all = cuts(of: bytes, step: step) + Self.randomCuts(of: bytes, count: randomCuts, using: &generator)
        for cut in all {
            let found = try parse(cut)
            if found != whole { return Deviation(cut: cut, expected: whole, found: found) }
        }
        return nil
    }

    /// The pieces as text between bars: what is printable as it is, line ends and other bytes as escapes.
    public static func text(of cut: Cut) -> String { cut.map(text).joined(separator: " | ") }

    private static func text(of piece: [UInt8]) -> String {
        var text = ""
        for byte in piece {
            switch byte {
            case 0x0D: text += "\\r"
            case 0x0A: text += "\\n"
            case UInt8(ascii: "\\"): text += "\\\\"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}

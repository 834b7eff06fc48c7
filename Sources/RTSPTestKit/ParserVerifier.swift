/// Feeds the same bytes to a parser in many cuts: whatever the network does to a stream must not change what comes out.
public enum ParserVerifier {
    /// Pieces of a stream, in order.
    public typealias Cut = [[UInt8]]

    /// The bytes whole, byte by byte, and cut in two at every position (at every `step`th, for long streams).
    public static func cuts(of bytes: [UInt8], step: Int = 1) -> [Cut] {
        let inTwo = stride(from: 1, to: bytes.count, by: max(1, step)).map { position in
            [Array(bytes[..<position]), Array(bytes[position...])]
        }
        return [[bytes], bytes.map { [$0] }] + inTwo
    }

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
}

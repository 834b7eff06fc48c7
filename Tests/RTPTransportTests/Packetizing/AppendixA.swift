/// RFC 2435 appendix A written down from its text, so that the library's tables have something to be compared with.
///
/// The base tables are those of ITU-T T.81 annex K row by row, as a person reads them; a table travels in zigzag order (section 4.2),
/// which the sample code of the appendix leaves to the reader.
enum AppendixA {
    private static let lumaRows = [
        16, 11, 10, 16, 24, 40, 51, 61,
        12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56,
        14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77,
        24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101,
        72, 92, 95, 98, 112, 100, 103, 99,
    ]

    private static let chromaRows = [
        17, 18, 24, 47, 99, 99, 99, 99,
        18, 21, 26, 66, 99, 99, 99, 99,
        24, 26, 56, 99, 99, 99, 99, 99,
        47, 66, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99,
    ]

    static func luma(q: Int) -> [UInt8] { table(lumaRows, q) }
    static func chroma(q: Int) -> [UInt8] { table(chromaRows, q) }

    private static func table(_ rows: [Int], _ q: Int) -> [UInt8] {
        let factor = q < 1 ? 1 : q > 99 ? 99 : q
        let scale = q < 50 ? 5000 / factor : 200 - factor * 2
        return zigzag.map { place in
            let value = (rows[place] * scale + 50) / 100
            return UInt8(value < 1 ? 1 : value > 255 ? 255 : value)
        }
    }

    /// The places of a block along its diagonals, up and down in turn (ITU-T T.81 figure A.6).
    private static let zigzag = (0..<15).flatMap { diagonal in
        let places = (0..<8).filter { 0..<8 ~= diagonal - $0 }.map { row in row * 8 + diagonal - row }
        return diagonal % 2 == 0 ? places.reversed() : places
    }
}

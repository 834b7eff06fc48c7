/// The quantization tables that a Q of 1...99 stands for (RFC 2435 sections 3.1.8 and 4.2, appendix A): those of ITU-T T.81 annex K,
/// scaled. Packetizer and depacketizer share them.
///
/// In zigzag order, as tables travel; the sample code of appendix A lists its base tables in the order of the rows instead.
enum StandardQuantizationTables {
    /// Table K.1.
    static let luma: [UInt8] = [
        16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
        26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
        56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
        95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
    ]

    /// Table K.2.
    static let chroma: [UInt8] =
        [17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66] + Array(repeating: 99, count: 50)

    /// A value of a base table scaled for `q`, which is held within 1...99: 1...255.
    static func scaled(_ value: UInt8, q: UInt8) -> UInt8 {
        let q = Int(min(max(q, 1), 99))
        let scale = q < 50 ? 5000 / q : 200 - q * 2
        return UInt8(min(max((Int(value) * scale + 50) / 100, 1), 255))
    }

    /// The Q of 1...99 whose tables are these, luma then chroma, 64 bytes each; `nil` where there is none.
    static func q(of tables: [UInt8]) -> UInt8? {
        guard tables.count == 128 else { return nil }
        return (1...99).first { q in
            (0..<64).allSatisfy { tables[$0] == scaled(luma[$0], q: q) && tables[64 + $0] == scaled(chroma[$0], q: q) }
        }
    }
}

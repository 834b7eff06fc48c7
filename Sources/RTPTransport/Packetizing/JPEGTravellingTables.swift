/// The quantization tables of a picture as they travel: luma, then chroma, whatever numbers, order and copies the file has of them
/// (RFC 2435 section 3.1.8).
struct JPEGTravellingTables: Sendable, Hashable {
    /// One bit a table, the lowest for luma: set where the table has a value that needs 16 bits.
    let precision: UInt8
    /// Luma, then chroma, in zigzag order: 64 bytes each, or 128 where the precision says so.
    let bytes: [UInt8]

    /// The tables that the components of a picture refer to; tables of 16-bit values that fit in 8 bits are told in 8.
    init(_ header: JPEGImageHeader, of image: Span<UInt8>) {
        var precision: UInt8 = 0
        var bytes: [UInt8] = []
        bytes.reserveCapacity(header.lumaTable.count + header.chromaTable.count)
        for (bit, range) in [(1 as UInt8, header.lumaTable), (2, header.chromaTable)] {
            let table = image.extracting(range)
            let isWide = table.count == 128
            let needsSixteenBits = isWide && (0..<64).contains { table[2 * $0] != 0 }
            if needsSixteenBits { precision |= bit }
            if isWide, !needsSixteenBits {
                for index in 0..<64 { bytes.append(table[2 * index + 1]) }
            } else {
                bytes.append(span: table)
            }
        }
        self.precision = precision
        self.bytes = bytes
    }

    /// The Q of 1...99 that stands for these tables; `nil` where none does.
    var q: UInt8? { precision == 0 ? StandardQuantizationTables.q(of: bytes) : nil }

    /// The quantization table header, with the tables or, where the receiver knows them, without.
    func header(withTables: Bool) -> [UInt8] {
        let length = withTables ? bytes.count : 0
        let header = [0, precision, UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        return withTables ? header + bytes : header
    }
}

/// Tells receivers the quantization tables of one frame after the other (RFC 2435 section 3.1.8).
struct JPEGTableSchedule: Sendable, Hashable {
    /// What a frame says of its tables.
    struct Statement: Sendable, Hashable {
        var q: UInt8
        /// The quantization table header; empty where Q says it all.
        var header: [UInt8]
    }

    /// How many of Q's values keep the tables that were once sent with them: 128...254.
    private static let keepingCount = 127

    private let quantization: JPEGPacketizer.Options.Quantization
    private var tables: JPEGTravellingTables?
    private var statement = Statement(q: 255, header: [])
    /// Tables sent so far, the first with a Q of 128. Each keeps its Q, as receivers may.
    private var kept: [JPEGTravellingTables] = []
    /// How many frames there were since tables were sent last, that frame included.
    private var age = 0

    init(_ quantization: JPEGPacketizer.Options.Quantization) { self.quantization = quantization }

    /// The precision bits of the last frame's tables.
    var precision: UInt8 { tables?.precision ?? 0 }

    /// What the next frame says: the tables are those of the frame before.
    mutating func next() -> Statement {
        if case .every(let frames) = quantization, statement.q < 255, let tables {
            let isDue = age >= frames
            age = isDue ? 1 : age + 1
            return Statement(q: statement.q, header: tables.header(withTables: isDue))
        }
        return statement
    }

    /// What the next frame says, whose tables may be others than those of the frame before.
    mutating func next(_ tables: JPEGTravellingTables) -> Statement {
        guard tables != self.tables else { return next() }
        self.tables = tables
        switch quantization {
        case .automatic:
            if let q = tables.q {
                statement = Statement(q: q, header: [])
            } else {
                statement = Statement(q: 255, header: tables.header(withTables: true))
            }
        case .everyFrame: statement = Statement(q: 255, header: tables.header(withTables: true))
        case .every:
            age = 1
            statement = Statement(q: keepingQ(for: tables), header: tables.header(withTables: true))
        }
        return statement
    }

    /// A Q that means these tables and will not mean others; 255 where all are in use.
    private mutating func keepingQ(for tables: JPEGTravellingTables) -> UInt8 {
        if let index = kept.firstIndex(of: tables) { return UInt8(truncatingIfNeeded: 128 + index) }
        guard kept.count < Self.keepingCount else { return 255 }
        kept.append(tables)
        return UInt8(truncatingIfNeeded: 127 + kept.count)
    }
}

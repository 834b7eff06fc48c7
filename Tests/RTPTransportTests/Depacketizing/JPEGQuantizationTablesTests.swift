import Testing

@testable import RTPTransport

@Suite struct JPEGQuantizationTablesTests {
    typealias Tables = JPEGDepacketizer.QuantizationTables

    // ITU-T T.81 tables K.1 and K.2, row by row as printed there.
    static let luminance = [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87,
        80,
        62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95,
        98,
        112, 100, 103, 99,
    ]
    static let chrominance =
        [
            17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
            99,
            99, 99,
        ] + Array(repeating: 99, count: 32)

    /// The rows of an 8 by 8 block in the order of T.81 figure A.6: diagonal by diagonal, turning about.
    static func zigzag(_ rows: [Int]) -> [Int] {
        (0..<15).flatMap { sum in
            let diagonal = (max(0, sum - 7)...min(sum, 7)).map { row in rows[row * 8 + sum - row] }
            return sum % 2 == 0 ? diagonal.reversed() : diagonal
        }
    }

    func read(_ bytes: [UInt8], precision: UInt8 = 0) throws -> Tables { try Tables(bytes.span, precision: precision) }

    func refusal(_ bytes: [UInt8], precision: UInt8 = 0) -> DepacketizerDiscard? {
        do {
            _ = try read(bytes, precision: precision)
            return nil
        } catch {
            return (error as? JPEGDepacketizer.Refusal)?.reason
        }
    }

    @Test func `Q 50 means the tables of T.81 in zigzag order`() {
        #expect(Tables(q: 50).tables.map { $0.map(Int.init) } == [Self.zigzag(Self.luminance), Self.zigzag(Self.chrominance)])
    }

    @Test func `every Q scales them as appendix A has it`() {
        for q in 1...99 {
            let scale = q < 50 ? 5000 / q : 200 - q * 2
            let expected = [Self.luminance, Self.chrominance].map { base in
                Self.zigzag(base.map { max(1, min(255, ($0 * scale + 50) / 100)) })
            }
            #expect(Tables(q: UInt8(q)).tables.map { $0.map(Int.init) } == expected)
        }
    }

    @Test func `J01 one to four tables are read, five are not`() throws {
        for count in 1...4 {
            let bytes = (0..<count).flatMap { Array(repeating: UInt8($0 + 1), count: 64) }
            let tables = try read(bytes)
            #expect(tables.tables == (0..<count).map { Array(repeating: UInt16($0 + 1), count: 64) })
            #expect((0..<3).map { tables.tableNumber(forComponent: $0) } == (0..<3).map { UInt8(min($0, count - 1)) })
        }
        #expect(refusal(Array(repeating: 1, count: 320)) == .malformedQuantizationTables)
        #expect(try read([]).tables.isEmpty)
    }

    @Test func `J01 the precision says which tables have two bytes a value`() throws {
        let wide = (0..<64).flatMap { [UInt8(1), UInt8($0)] }
        let narrow = Array(repeating: UInt8(7), count: 64)
        let expected = (0..<64).map { UInt16(256 + $0) }
        #expect(try read(wide + narrow, precision: 1).tables == [expected, Array(repeating: 7, count: 64)])
        #expect(try read(narrow + wide, precision: 2).tables == [Array(repeating: 7, count: 64), expected])
        #expect(try read(wide + wide, precision: 3).tables == [expected, expected])
        #expect(
            try read(Array(repeating: [0, 9], count: 64).flatMap { $0 }, precision: 1).tables == [Array(repeating: 9, count: 64)])
    }

    @Test func `lengths that are no whole tables are refused`() {
        for length in 1..<330 where length % 64 != 0 || length > 256 {
            #expect(refusal(Array(repeating: 1, count: length)) == .malformedQuantizationTables)
        }
        #expect(refusal(Array(repeating: 1, count: 64), precision: 1) == .malformedQuantizationTables)
    }

    @Test func `a value of zero, as in a table nobody uses, is left as it is`() throws {
        #expect(
            try read(Array(repeating: 1, count: 64) + Array(repeating: 0, count: 64)).tables.last
                == Array(repeating: 0, count: 64))
    }
}

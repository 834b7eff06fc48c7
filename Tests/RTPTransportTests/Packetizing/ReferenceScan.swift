@testable import RTPTransport

/// Reads and writes picture data bit by bit, in the plainest way, to compare with.
struct ReferenceScan: Equatable {
    /// The 64 coefficients of a block in zigzag order, the DC coefficient not as a difference.
    typealias Block = [Int]

    /// By component, row and column.
    var blocks: [[[Block]]]

    private struct Table {
        /// Symbols by code, before which stands a one.
        var symbols: [Int: Int] = [:]
        /// Codes by symbol, as digits.
        var codes: [Int: String] = [:]

        init(_ table: [UInt8]) {
            var (code, next) = (0, 16)
            for length in 1...16 {
                for _ in 0..<table[length - 1] {
                    symbols[1 << length | code] = Int(table[next])
                    codes[Int(table[next])] = ReferenceScan.digits(code, count: length)
                    next += 1
                    code += 1
                }
                code *= 2
            }
        }
    }

    private static let luma = (
        Table(StandardHuffmanTables.lumaDirectCurrent), Table(StandardHuffmanTables.lumaAlternatingCurrent)
    )
    private static let chroma = (
        Table(StandardHuffmanTables.chromaDirectCurrent), Table(StandardHuffmanTables.chromaAlternatingCurrent)
    )

    private static func digits(_ value: Int, count: Int) -> String {
        let digits = count == 0 ? "" : String(value, radix: 2)
        return String(repeating: "0", count: count - digits.count) + digits
    }

    private static func factors(_ sampling: JPEGSampling) -> [(across: Int, down: Int)] {
        [16, 8, 0].map { (Int(sampling.rawValue) >> ($0 + 4) & 15, Int(sampling.rawValue) >> $0 & 15) }
    }

    /// How many MCUs a picture has.
    static func mcus(width: Int, height: Int, _ sampling: JPEGSampling) -> (across: Int, down: Int) {
        let factors = factors(sampling)
        let (across, down) = (factors.map(\.across).max() ?? 1, factors.map(\.down).max() ?? 1)
        return ((width + 8 * across - 1) / (8 * across), (height + 8 * down - 1) / (8 * down))
    }

    /// The blocks of all components in the order of the scan, one array each MCU.
    static func order(
        width: Int, height: Int, _ sampling: JPEGSampling
    ) -> [[(component: Int, row: Int, column: Int)]] {
        let (across, down) = mcus(width: width, height: height, sampling)
        let factors = factors(sampling)
        return (0..<across * down).map { mcu in
            factors.indices.flatMap { component in
                let factor = factors[component]
                return (0..<factor.across * factor.down).map {
                    (
                        component, mcu / across * factor.down + $0 / factor.across,
                        mcu % across * factor.across + $0 % factor.across
                    )
                }
            }
        }
    }

    /// Blocks made by `block`, as many as whole MCUs need.
    init(width: Int, height: Int, _ sampling: JPEGSampling, block: () -> Block) {
        let mcus = Self.mcus(width: width, height: height, sampling)
        blocks = Self.factors(sampling).map { factor in
            (0..<mcus.down * factor.down).map { _ in (0..<mcus.across * factor.across).map { _ in block() } }
        }
    }

    /// Reads a scan; `nil` where it does not hold all blocks.
    init?(_ scan: [UInt8], width: Int, height: Int, _ sampling: JPEGSampling, restartInterval: Int = 0) {
        self.init(width: width, height: height, sampling) { [] }
        var intervals: [[UInt8]] = [[]]
        var offset = 0
        while offset < scan.count {
            if scan[offset] == 0xFF {
                guard offset + 1 < scan.count else { return nil }
                if scan[offset + 1] == 0xFF {
                    offset += 1
                    continue
                }
                if scan[offset + 1] != 0 {
                    guard scan[offset + 1] == 0xD0 + UInt8((intervals.count - 1) % 8) else { break }
                    intervals.append([])
                    offset += 2
                    continue
                }
            }
            for shift in (0..<8).reversed() { intervals[intervals.count - 1].append(scan[offset] >> UInt8(shift) & 1) }
            offset += scan[offset] == 0xFF ? 2 : 1
        }
        var bits = intervals.removeFirst()[...]
        var previous = [0, 0, 0]
        for (number, mcu) in Self.order(width: width, height: height, sampling).enumerated() {
            if restartInterval > 0, number > 0, number % restartInterval == 0 {
                guard !intervals.isEmpty else { return nil }
                bits = intervals.removeFirst()[...]
                previous = [0, 0, 0]
            }
            for place in mcu {
                guard let block = Self.readBlock(&bits, place.component, after: &previous[place.component]) else { return nil }
                blocks[place.component][place.row][place.column] = block
            }
        }
    }

    private static func readBlock(_ bits: inout ArraySlice<UInt8>, _ component: Int, after previous: inout Int) -> Block? {
        let tables = component == 0 ? luma : chroma
        guard let size = readSymbol(&bits, tables.0), let difference = readValue(&bits, size) else { return nil }
        previous += difference
        var block = [previous]
        while block.count < 64 {
            guard let symbol = readSymbol(&bits, tables.1) else { return nil }
            if symbol == 0 {
                block += [Int](repeating: 0, count: 64 - block.count)
            } else if symbol == 0xF0 {
                block += [Int](repeating: 0, count: 16)
            } else {
                guard let value = readValue(&bits, symbol & 15) else { return nil }
                block += [Int](repeating: 0, count: symbol >> 4) + [value]
            }
        }
        return block.count == 64 ? block : nil
    }

    private static func readSymbol(_ bits: inout ArraySlice<UInt8>, _ table: Table) -> Int? {
        var code = 1
        while code < 1 << 16, let bit = bits.popFirst() {
            code = code << 1 | Int(bit)
            if let symbol = table.symbols[code] { return symbol }
        }
        return nil
    }

    private static func readValue(_ bits: inout ArraySlice<UInt8>, _ size: Int) -> Int? {
        guard size > 0 else { return 0 }
        guard bits.count >= size else { return nil }
        let value = bits.prefix(size).reduce(0) { $0 << 1 | Int($1) }
        bits = bits.dropFirst(size)
        return value < 1 << (size - 1) ? value - (1 << size) + 1 : value
    }

    /// Writes a scan of these blocks, those outside its MCUs left out.
    func scan(width: Int, height: Int, _ sampling: JPEGSampling, restartInterval: Int = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        var bits = ""
        var previous = [0, 0, 0]
        func flush() {
            while bits.utf8.count % 8 > 0 { bits += "1" }
            var rest = bits[...]
            while let byte = UInt8(rest.prefix(8), radix: 2) {
                bytes += byte == 0xFF ? [0xFF, 0] : [byte]
                rest = rest.dropFirst(8)
            }
            bits = ""
        }
        for (number, mcu) in Self.order(width: width, height: height, sampling).enumerated() {
            if restartInterval > 0, number > 0, number % restartInterval == 0 {
                flush()
                bytes += [0xFF, 0xD0 + UInt8((number / restartInterval - 1) % 8)]
                previous = [0, 0, 0]
            }
            for place in mcu {
                let block = blocks[place.component][place.row][place.column]
                bits += Self.code(block, place.component, after: previous[place.component])
                previous[place.component] = block[0]
            }
        }
        flush()
        return bytes
    }

    private static func code(_ block: Block, _ component: Int, after previous: Int) -> String {
        let tables = component == 0 ? luma : chroma
        func value(_ value: Int) -> (size: Int, digits: String) {
            let size = value == 0 ? 0 : String(abs(value), radix: 2).utf8.count
            return (size, digits(value < 0 ? value + (1 << size) - 1 : value, count: size))
        }
        let difference = value(block[0] - previous)
        var bits = (tables.0.codes[difference.size] ?? "?") + difference.digits
        var run = 0
        for coefficient in block.dropFirst() {
            guard coefficient != 0 else {
                run += 1
                continue
            }
            while run > 15 {
                bits += tables.1.codes[0xF0] ?? "?"
                run -= 16
            }
            let coded = value(coefficient)
            bits += (tables.1.codes[run << 4 | coded.size] ?? "?") + coded.digits
            run = 0
        }
        return run > 0 ? bits + (tables.1.codes[0] ?? "?") : bits
    }
}

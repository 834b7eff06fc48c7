extension JPEGDepacketizer {
    /// How the picture data of a frame is divided into MCUs and restart intervals (ITU-T T.81 sections A.2 and E.1.4).
    struct ScanLayout: Sendable, Hashable {
        /// MCUs of the picture.
        let unitCount: Int
        /// MCUs of every interval but the last; 0 without restart markers.
        let interval: Int
        /// A grey MCU: for each block a DC difference of zero, and the end of the block. No bits where the codes are not the standard
        /// ones.
        private var greyBits: UInt64 = 0
        private var greyLength = 0

        init(_ header: FileHeader) {
            interval = Int(header.restartInterval)
            var (across, down) = (1, 1)
            // A scan of one component has one block in each MCU, whatever its factors.
            if header.components.count > 1 {
                for component in header.components {
                    across = max(across, Int(component.sampling >> 4))
                    down = max(down, Int(component.sampling & 15))
                }
            }
            let (columns, rows) = (header.size.width + 8 * across - 1, header.size.height + 8 * down - 1)
            unitCount = (columns / (8 * across)) * (rows / (8 * down))
            if header.huffman.isEmpty, header.scan == nil { setGrey(header.components) }
        }

        /// Restart intervals of the picture; 0 without restart markers.
        var intervalCount: Int { interval == 0 ? 0 : (unitCount + interval - 1) / interval }

        /// 00 1010 for a block of the first component, 00 00 for one of the others (tables K.3 to K.6): at most 60 bits, as an MCU has
        /// no more than ten blocks.
        private mutating func setGrey(_ components: [FileHeader.Component]) {
            for (index, component) in components.enumerated() {
                let (block, length): (UInt64, Int) = index == 0 ? (0b00_1010, 6) : (0b0000, 4)
                for _ in 0..<(components.count == 1 ? 1 : component.blocks) where greyLength + length <= 60 {
                    greyBits = greyBits << UInt64(length) | block
                    greyLength += length
                }
            }
        }

        /// How many MCUs the interval of this number has.
        func unitCount(ofInterval number: Int) -> Int { min(interval, max(0, unitCount - number * interval)) }

        /// How many bytes so many grey MCUs take; `nil` where there can be none.
        func greyByteCount(_ units: Int) -> Int? { greyLength > 0 ? (units * greyLength + 7) / 8 : nil }

        /// So many grey MCUs, the last byte filled up with ones. Nothing needs a stuffing byte: none of them is FF.
        func grey(_ units: Int) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(greyByteCount(units) ?? 0)
            var (pending, count) = (0 as UInt64, 0)
            for _ in 0..<units {
                var rest = greyLength
                while rest > 0 {
                    let taken = min(rest, 8)
                    rest -= taken
                    let piece = greyBits >> UInt64(rest) & (1 << UInt64(taken) - 1)
                    pending = pending << UInt64(taken) | piece
                    count += taken
                    if count >= 8 {
                        count -= 8
                        bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(count)))
                    }
                }
            }
            if count > 0 {
                let fill = UInt64(8 - count)
                bytes.append(UInt8(truncatingIfNeeded: pending << fill | (1 << fill - 1)))
            }
            return bytes
        }
    }
}

extension JPEGDepacketizer {
    /// The headers in front of a fragment, and where its data lies (RFC 2435 section 3.1).
    ///
    /// ```text
    ///  0                   1                   2                   3
    ///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    /// | type-specific |              fragment offset                  |
    /// |      type     |       Q       |   width / 8   |  height / 8   |
    /// |       restart interval        |F|L|       restart count       |  types 64 to 127
    /// |      MBZ      |   precision   |             length            |  Q 128 to 255, offset 0
    /// |                  quantization tables ...                      |
    /// ```
    struct Fragment: Sendable, Hashable {
        /// What every packet of a frame says alike.
        struct Description: Sendable, Hashable {
            var type: UInt8
            var q: UInt8
            /// In pixels.
            var width: Int
            /// In pixels.
            var height: Int
            /// In MCUs; zero for none. F, L and the count are not looked at: senders put 1, 1, 0x3FFF without aligning anything.
            var restartInterval: UInt16
        }

        var description: Description
        var offset: Int
        /// The tables of the packet; `nil` where there is no such header, without any where its length is zero.
        var tables: QuantizationTables?
        /// Where the data lies in the payload.
        var data: Range<Int>
        var isLast: Bool

        init(_ payload: Span<UInt8>, marker: Bool) throws(Refusal) {
            guard payload.count >= 8 else { throw Refusal(.truncated) }
            let type = payload[4]
            let q = payload[5]
            guard type & 0xBE == 0 else { throw Refusal(.unsupportedType(type)) }
            guard q != 0, q < 100 || q >= 128 else { throw Refusal(.reservedQ(q)) }
            guard payload[6] != 0, payload[7] != 0 else { throw Refusal(.zeroSize) }
            var start = 8
            var restartInterval: UInt16 = 0
            if type >= 64 {
                guard payload.count >= start + 4 else { throw Refusal(.truncated) }
                restartInterval = payload.bigEndian16(at: start)
                start += 4
            }
            offset = Int(payload[1]) << 16 | Int(payload.bigEndian16(at: 2))
            if q >= 128, offset == 0 {
                guard payload.count >= start + 4 else { throw Refusal(.truncated) }
                let length = Int(payload.bigEndian16(at: start + 2))
                guard payload.count - start - 4 >= length else { throw Refusal(.truncated) }
                let bytes = start + 4..<start + 4 + length
                tables = try QuantizationTables(payload.extracting(bytes), precision: payload[start + 1])
                start = bytes.upperBound
            }
            description = Description(
                type: type, q: q, width: Int(payload[6]) * 8, height: Int(payload[7]) * 8, restartInterval: restartInterval)
            data = start..<payload.count
            isLast = marker
        }
    }

    /// Why a payload cannot be read.
    struct Refusal: Error, Sendable, Hashable {
        var reason: DepacketizerDiscard
        init(_ reason: DepacketizerDiscard) { self.reason = reason }
    }
}

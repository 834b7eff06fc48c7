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
            /// 0 where a header extension tells the tables, or the frame before has told them.
            var q: UInt8
            /// In eights of pixels; 0 where something else tells.
            var width: UInt8
            /// In eights of pixels; 0 where something else tells.
            var height: UInt8
            /// In MCUs; zero for none.
            var restartInterval: UInt16
        }

        var description: Description
        var offset: Int
        /// Where the fragment stands among the restart intervals, for types from 64 on.
        var position: RestartPosition?
        /// Where the tables lie in the payload; `nil` where there is no such header, empty where its length is zero.
        var tables: Range<Int>?
        /// Bit n: table n has two bytes a value.
        var precision: UInt8 = 0
        /// Where the data lies in the payload.
        var data: Range<Int>
        var isLast: Bool

        init(_ payload: Span<UInt8>, marker: Bool) throws(Refusal) {
            guard payload.count >= 8 else { throw Refusal(.truncated) }
            let type = payload[4]
            let q = payload[5]
            guard type & 0xBE == 0 else { throw Refusal(.unsupportedType(type)) }
            guard q < 100 || q >= 128 else { throw Refusal(.reservedQ(q)) }
            var start = 8
            var restartInterval: UInt16 = 0
            if type >= 64 {
                guard payload.count >= start + 4 else { throw Refusal(.truncated) }
                restartInterval = payload.bigEndian16(at: start)
                position = RestartPosition(rawValue: payload.bigEndian16(at: start + 2))
                start += 4
            }
            offset = Int(payload[1]) << 16 | Int(payload.bigEndian16(at: 2))
            if q >= 128, offset == 0 {
                guard payload.count >= start + 4 else { throw Refusal(.truncated) }
                let length = Int(payload.bigEndian16(at: start + 2))
                guard payload.count - start - 4 >= length else { throw Refusal(.truncated) }
                precision = payload[start + 1]
                tables = start + 4..<start + 4 + length
                start += 4 + length
            }
            description = Description(
                type: type, q: q, width: payload[6], height: payload[7], restartInterval: restartInterval)
            data = start..<payload.count
            isLast = marker
        }
    }

    /// Where a fragment stands among the restart intervals of its frame (RFC 2435 section 3.1.7). Senders that do not begin packets
    /// at intervals say F = L = 1 and a count of all ones; some of them say other things that are not so.
    struct RestartPosition: Sendable, Hashable {
        var rawValue: UInt16

        /// F: whether the fragment begins at a restart interval.
        var isFirst: Bool { rawValue & 0x8000 != 0 }
        /// L: whether it ends with one.
        var isLast: Bool { rawValue & 0x4000 != 0 }
        /// The number of the restart interval that the fragment, or the first of its chunk, begins with.
        var count: Int { Int(rawValue & 0x3FFF) }
        /// Whether nothing is said.
        var isUnknown: Bool { rawValue & 0x3FFF == 0x3FFF }
    }

    /// Why a payload cannot be read.
    struct Refusal: Error, Sendable, Hashable {
        var reason: DepacketizerDiscard
        init(_ reason: DepacketizerDiscard) { self.reason = reason }
    }
}

/// The rules of `JPEGScanner` once more, for bytes that are all there, one byte at a time and with no thought of speed.
struct ReferenceScanner {
    private(set) var frames: [Range<Int>] = []
    /// Where the frames begin that were given up: cut, or too large.
    private(set) var lost: [Int] = []

    private enum End {
        /// The frame ends before this place.
        case whole(Int)
        /// The frame is given up, and the search goes on here.
        case lost(Int)
    }

    private let bytes: [UInt8]
    private let maxFrameBytes: Int
    private var distrustedUntil = 0
    private var failedWalks = 0

    init(_ bytes: [UInt8], maxFrameBytes: Int = .max / 2) {
        self.bytes = bytes
        self.maxFrameBytes = maxFrameBytes
        var place = 0
        while let start = startOfImage(from: place) {
            switch end(ofFrameAt: start) {
            case .whole(let end):
                frames.append(start..<end)
                place = end
            case .lost(let next):
                lost.append(start)
                place = next
            }
        }
    }

    private func startOfImage(from place: Int) -> Int? {
        (place..<max(place, bytes.count - 2)).first { isStart($0, before: bytes.count) }
    }

    /// Whether FF D8 FF stands here.
    private func isStart(_ place: Int, before limit: Int) -> Bool {
        place >= 0 && place + 2 < limit && bytes[place] == 0xFF && bytes[place + 1] == 0xD8 && bytes[place + 2] == 0xFF
    }

    private mutating func end(ofFrameAt start: Int) -> End {
        if start >= distrustedUntil { failedWalks = 0 }
        let limit = min(bytes.count, start + maxFrameBytes)
        guard failedWalks < 4 else { return plainEnd(ofFrameAt: start, from: start + 2, limit) }
        var (place, segment, isApplication) = (start + 2, start, false)
        while place < limit {
            guard bytes[place] == 0xFF else { return distrust(start, segment, place, limit) }
            guard place + 1 < limit else { break }
            if place - start >= 4, isStart(place - 2, before: limit) { return .lost(place - 2) }
            let code = bytes[place + 1]
            switch code {
            case 0xFF: place += 1
            case 0xD9: return .whole(place + 2)
            case 0x01, 0xD0...0xD7: place += 2
            case 0x00: return distrust(start, segment, place, limit)
            case 0xD8:
                guard place + 2 < limit else { return outOfSight(start, place, limit) }
                return isStart(place, before: limit) ? .lost(place) : distrust(start, segment, place, limit)
            default:
                guard place + 3 < limit else { return outOfSight(start, place, limit) }
                let length = Int(bytes[place + 2]) * 256 + Int(bytes[place + 3])
                guard length >= 2 else { return distrust(start, segment, place, limit) }
                (segment, isApplication) = (place, (0xE0...0xEF).contains(code))
                guard code == 0xDA else {
                    place += 2 + length
                    continue
                }
                guard (8...14).contains(length) else { return distrust(start, segment, place, limit) }
                guard place + 2 + length <= limit else { return outOfSight(start, place, limit) }
                guard isScanHeader(Array(bytes[place + 4..<place + 2 + length])) else {
                    return distrust(start, segment, place, limit)
                }
                place += 2 + length
                if let end = passScan(&place, limit) { return end }
            }
        }
        let isTooLong = start + maxFrameBytes < bytes.count
        if !isTooLong, place > bytes.count, !isApplication, bytes.count - start > 2 {
            return distrust(start, segment, place, limit)
        }
        return outOfSight(start, place, limit)
    }

    /// Moves to the next segment behind a scan.
    private func passScan(_ place: inout Int, _ limit: Int) -> End? {
        while place + 1 < limit {
            let (first, code) = (bytes[place], bytes[place + 1])
            if first == 0xFF, code == 0xD9 { return .whole(place + 2) }
            if isStart(place, before: limit) { return .lost(place) }
            if first == 0xFF, code == 0xD8, place + 2 >= limit { return nil }
            if first == 0xFF, Self.isTable(code) { return nil }
            place += 1
        }
        if place < limit, bytes[place] != 0xFF { place += 1 }
        return nil
    }

    private static func isTable(_ code: UInt8) -> Bool {
        switch code {
        case 0xC4, 0xCC, 0xDA...0xDD, 0xE0...0xEF, 0xFE: true
        default: false
        }
    }

    private func isScanHeader(_ body: [UInt8]) -> Bool {
        let components = Int(body[0])
        guard (1...4).contains(components), body.count == 4 + 2 * components else { return false }
        let tables = stride(from: 2, to: 2 + 2 * components, by: 2).map { body[$0] }
        guard tables.allSatisfy({ $0 >> 4 < 4 && $0 & 15 < 4 }) else { return false }
        let parameters = body.suffix(3).map(Int.init)
        return parameters[0] < 64 && parameters[1] < 64 && parameters[2] / 16 < 14 && parameters[2] % 16 < 14
    }

    private mutating func distrust(_ start: Int, _ segment: Int, _ place: Int, _ limit: Int) -> End {
        if start >= distrustedUntil { failedWalks = 0 }
        failedWalks += 1
        distrustedUntil = max(distrustedUntil, place)
        return plainEnd(ofFrameAt: start, from: segment + 2, limit)
    }

    private func plainEnd(ofFrameAt start: Int, from first: Int, _ limit: Int) -> End {
        var place = first
        while place + 1 < limit {
            if bytes[place] == 0xFF, bytes[place + 1] == 0xD9 { return .whole(place + 2) }
            if isStart(place, before: limit) { return .lost(place) }
            if bytes[place] == 0xFF, bytes[place + 1] == 0xD8, place + 2 >= limit { break }
            place += 1
        }
        if place < limit, bytes[place] != 0xFF { place += 1 }
        return outOfSight(start, place, limit)
    }

    /// All that may be seen of the frame was seen.
    private func outOfSight(_ start: Int, _ place: Int, _ limit: Int) -> End {
        start + maxFrameBytes < bytes.count ? .lost(max(start + 2, min(place, limit))) : .lost(bytes.count)
    }
}

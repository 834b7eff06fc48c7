/// Draws that generators need; every one of them takes at least one number.
extension RandomNumberGenerator {
    /// A number of the range.
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True once in `count` times.
    mutating func onceIn(_ count: Int) -> Bool { number(1...max(1, count)) == 1 }

    /// One of these.
    mutating func one<Item>(of first: Item, _ others: Item...) -> Item {
        let index = number(0...others.count)
        return index == 0 ? first : others[index - 1]
    }

    /// One of the items, or `fallback` where there are none.
    mutating func one<Item>(of items: [Item], else fallback: Item) -> Item {
        items.randomElement(using: &self) ?? fallback
    }

    /// Any bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var word: UInt64 = next()
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return Array(bytes.prefix(max(0, count)))
    }

    /// Lower-case letters and digits.
    mutating func word(_ count: Int) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        return String(decoding: bytes(count).map { letters[Int($0) % letters.count] }, as: UTF8.self)
    }

    /// Hexadecimal digits.
    mutating func hexadecimal(_ count: Int) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: bytes(count).map { digits[Int($0 & 15)] }, as: UTF8.self)
    }

    /// The bytes as noise, a faulty device or an attacker leaves them: bits flipped, pieces cut off, doubled, left out or replaced.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<number(1...4) {
            guard !bytes.isEmpty else { return bytes }
            let index = number(0...bytes.count - 1)
            let end = min(bytes.count, index + number(1...16))
            switch number(0...6) {
            case 0, 1: bytes[index] ^= 1 << UInt8(number(0...7))
            case 2: bytes[index] = one(of: 0, 0xFF, 0x7F, 0x80, 0x0A, 0x0D, 0x20, 0x24)
            case 3: bytes.removeSubrange(index..<end)
            case 4: bytes.insert(contentsOf: bytes[index..<end], at: index)
            case 5: bytes.insert(contentsOf: self.bytes(number(1...8)), at: index)
            default: bytes.removeSubrange(index...)
            }
        }
        return bytes
    }
}

extension [UInt8] {
    mutating func appendNumber16(_ value: Int) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    mutating func appendNumber32(_ value: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

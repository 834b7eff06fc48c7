/// A name, ordered as people expect of numbered names: `frame2` before `frame10`.
struct NaturalOrderName: Comparable, Sendable {
    /// The name.
    let text: String
    private let bytes: [UInt8]

    init(_ text: String) {
        self.text = text
        self.bytes = Array(text.utf8)
    }

    /// Digits compare as numbers of any length, all else as bytes.
    static func < (first: Self, second: Self) -> Bool {
        let (a, b) = (first.bytes, second.bytes)
        var (i, j) = (0, 0)
        while i < a.count, j < b.count {
            if isDigit(a[i]), isDigit(b[j]) {
                let (x, y) = (number(in: a, at: &i), number(in: b, at: &j))
                if x.count != y.count { return x.count < y.count }
                if !x.elementsEqual(y) { return x.lexicographicallyPrecedes(y) }
            } else {
                if a[i] != b[j] { return a[i] < b[j] }
                i += 1
                j += 1
            }
        }
        if i < a.count || j < b.count { return j < b.count }
        return a.lexicographicallyPrecedes(b)  // They differ in leading zeros at most.
    }

    static func == (first: Self, second: Self) -> Bool {
        first.bytes == second.bytes
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// The digits from `index` on, without leading zeros; moves `index` past them.
    private static func number(in bytes: [UInt8], at index: inout Int) -> ArraySlice<UInt8> {
        let start = index
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        return bytes[start..<index].drop { $0 == UInt8(ascii: "0") }
    }
}

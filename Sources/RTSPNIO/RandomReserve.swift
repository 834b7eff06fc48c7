#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The system's random numbers, fetched many at a time: a session needs half a dozen, each of which would be a call to the system.
struct RandomReserve: RandomNumberGenerator {
    /// 256 bytes, the most that the system gives at once.
    private static let capacity = 32
    private var words: [UInt64] = []

    mutating func next() -> UInt64 {
        if words.isEmpty { refill() }
        return words.popLast() ?? UInt64.random(in: .min ... .max)
    }

    private mutating func refill() {
        #if os(Linux)
            words = Array(repeating: 0, count: Self.capacity)
            // All or nothing; what was not filled must never be taken for random.
            let isFilled = unsafe words.withUnsafeMutableBytes { unsafe getentropy($0.baseAddress, $0.count) == 0 }
            if !isFilled { words = [] }
        #endif
    }
}

/// Pictures of 1280x720 with all parts of a baseline JPEG file and random picture data: packetizers look at headers and markers
/// only. As in real picture data, about one byte in 128 is FF and has a 0 behind it.
enum Picture {
    /// The bytes of each of them: what a camera sends at a good quality.
    static let byteCount = 76_400

    /// As many as every workload takes turns with; all equally long.
    static let several: [[UInt8]] = (0..<WorkloadEntry.cycle).map { bytes(seed: UInt64($0)) }

    private static func bytes(seed: UInt64) -> [UInt8] {
        var file: [UInt8] = [0xFF, 0xD8]
        file += segment(0xDB, [0] + (1...64)) + segment(0xDB, [1] + (101...164))
        file += segment(0xC0, [8, 0x02, 0xD0, 0x05, 0x00, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
        file += segment(0xDA, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0])
        var generator = Dice(state: seed)
        while file.count < byteCount - 2 {
            let byte = UInt8(truncatingIfNeeded: generator.next() >> 32)
            if byte < 0xFE { file.append(byte) } else { file += [0xFF, 0] }
        }
        return file.prefix(byteCount - 3) + [0x55, 0xFF, 0xD9]
    }

    private static func segment(_ marker: UInt8, _ contents: [UInt8]) -> [UInt8] {
        let length = contents.count + 2
        return [0xFF, marker, UInt8(length >> 8), UInt8(length & 0xFF)] + contents
    }
}

/// SplitMix64: the same numbers in every run.
struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// Where the frames of a file are, or in which files of a folder, and what was wrong on the way.
struct FrameIndex: Sendable {
    /// Of a file: where each frame begins, and how many bytes it has. Two arrays, since twelve bytes a frame do.
    private var offsets: [Int] = []
    private var lengths: [UInt32] = []
    /// Of a folder: the file of each frame.
    private var names: [String] = []

    /// The first damage met, in order.
    private(set) var damage: [MJPEGDamage] = []
    /// How much damage there was in all.
    private(set) var damageCount = 0

    private static let maxDamageKept = 16

    /// How many frames there are.
    var count: Int { names.isEmpty ? offsets.count : names.count }

    /// Where a frame of a file is; `nil` if there is no such frame.
    func range(at index: Int) -> Range<Int>? {
        guard offsets.indices.contains(index), lengths.indices.contains(index) else { return nil }
        return offsets[index]..<(offsets[index] + Int(lengths[index]))
    }

    /// The file that holds a frame of a folder; `nil` if there is no such frame.
    func name(at index: Int) -> String? {
        names.indices.contains(index) ? names[index] : nil
    }

    mutating func add(_ frame: Range<Int>) {
        guard let length = UInt32(exactly: frame.count) else { return }
        offsets.append(frame.lowerBound)
        lengths.append(length)
    }

    mutating func add(name: String) {
        names.append(name)
    }

    mutating func note(_ damage: MJPEGDamage) {
        damageCount += 1
        if self.damage.count < Self.maxDamageKept { self.damage.append(damage) }
    }

    /// Adds what was found behind all that is here.
    mutating func append(_ other: FrameIndex) {
        offsets += other.offsets
        lengths += other.lengths
        names += other.names
        damage += other.damage.prefix(Self.maxDamageKept - damage.count)
        damageCount += other.damageCount
    }
}

/// The part of a file that is in memory.
struct FileWindow: Sendable {
    private(set) var bytes: [UInt8] = []
    /// The place in the file of the first byte.
    private(set) var origin = 0
    /// How many bytes are valid.
    private(set) var count = 0

    /// Where the part ends in the file.
    var end: Int { origin + count }

    /// Reads `size` bytes from `offset` on, in place of those held before.
    mutating func load(_ size: Int, at offset: Int, of file: OpenFile) throws(FileSystemFailure) {
        if bytes.count != size { bytes = [UInt8](repeating: 0, count: size) }
        count = 0
        origin = offset
        count = try file.read(into: &bytes, at: offset)
    }
}

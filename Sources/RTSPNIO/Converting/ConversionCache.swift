internal import RTPTransport

/// Which picture, made into what.
struct ConversionKey: Sendable, Hashable {
    /// The picture, by its bytes: frames are shared by whatever shows the same picture.
    private let hash: Int
    private let count: Int
    let conversion: JPEGConversion

    /// The hash is seeded anew in every process, so that nobody can choose pictures that are taken for each other.
    init(_ image: [UInt8], _ conversion: JPEGConversion) {
        var hasher = Hasher()
        unsafe image.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        hash = hasher.finalize()
        count = image.count
        self.conversion = conversion
    }
}

/// Converted pictures, as many as a budget of bytes allows; what was not used for longest goes first.
struct ConversionCache: Sendable {
    private struct Entry {
        var outcome: ConversionOutcome
        var lastUse: UInt64

        /// What it counts: its bytes, and some more for keeping it.
        var cost: Int { ((try? outcome.get())?.image.count ?? 0) + 256 }
    }

    private let maximumBytes: Int
    private var entries: [ConversionKey: Entry] = [:]
    /// Every use in order, also those that a later one has overtaken.
    private var uses: [(key: ConversionKey, number: UInt64)] = []
    private var firstUse = 0
    private var nextNumber: UInt64 = 0
    private(set) var bytes = 0

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    var count: Int { entries.count }

    /// What was kept, which is thereby used.
    mutating func outcome(for key: ConversionKey) -> ConversionOutcome? {
        guard let outcome = entries[key]?.outcome else { return nil }
        entries[key]?.lastUse = nextNumber
        use(key)
        return outcome
    }

    mutating func keep(_ outcome: ConversionOutcome, for key: ConversionKey) {
        let entry = Entry(outcome: outcome, lastUse: nextNumber)
        guard entry.cost <= maximumBytes else { return }
        if let old = entries.updateValue(entry, forKey: key) { bytes -= old.cost }
        bytes += entry.cost
        use(key)
        while bytes > maximumBytes, firstUse < uses.count {
            let (key, number) = uses[firstUse]
            firstUse += 1
            guard let entry = entries[key], entry.lastUse == number else { continue }
            entries[key] = nil
            bytes -= entry.cost
        }
        tidy()
    }

    private mutating func use(_ key: ConversionKey) {
        uses.append((key, nextNumber))
        nextNumber += 1
        tidy()
    }

    /// Forgets uses that say nothing any more, so that there are never many more of them than entries.
    private mutating func tidy() {
        guard uses.count > 64 + 4 * entries.count else { return }
        uses = uses[firstUse...].filter { entries[$0.key]?.lastUse == $0.number }
        firstUse = 0
    }
}

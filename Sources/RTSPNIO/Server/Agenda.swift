internal import NIOCore

/// When connections are to be called, the earliest first: a binary heap.
///
/// A timer of the event loop for each would cost several allocations a frame. An entry cannot be taken back: who is called looks whether
/// the time is still its own, and ``removeAll(unless:)`` clears away what is not.
struct Agenda {
    /// Who is to be called when.
    struct Entry: Hashable {
        let time: NIODeadline
        let id: UInt64
    }

    private var entries: [Entry] = []

    /// How many entries there are.
    var count: Int { entries.count }

    /// The earliest time; `nil` where nobody is to be called.
    var earliest: NIODeadline? { entries.first?.time }

    mutating func add(_ entry: Entry) {
        entries.append(entry)
        var index = entries.count - 1
        while index > 0, entries[index].time < entries[(index - 1) / 2].time {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Takes out the earliest entry where its time is not after `now`.
    mutating func take(until now: NIODeadline) -> Entry? {
        guard let first = entries.first, first.time <= now else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var index = 0
        while true {
            var earliest = index
            let (left, right) = (2 * index + 1, 2 * index + 2)
            if left < entries.count, entries[left].time < entries[earliest].time { earliest = left }
            if right < entries.count, entries[right].time < entries[earliest].time { earliest = right }
            guard earliest != index else { return first }
            entries.swapAt(index, earliest)
            index = earliest
        }
    }

    /// Leaves only what still counts.
    mutating func removeAll(unless counts: (Entry) -> Bool) {
        // What is sorted is a heap.
        entries = entries.filter(counts).sorted { $0.time < $1.time }
    }
}

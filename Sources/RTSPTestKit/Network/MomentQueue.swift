/// Things that wait for their moment: the earliest first, and of one moment the one that came first (a binary heap).
struct MomentQueue<Content: Sendable>: Sendable {
    /// What is moved about in the heap; what it stands for stays in its place.
    private struct Element: Sendable {
        var moment: ContinuousClock.Instant
        var order: UInt64
        var place: Int

        func isBefore(_ other: Element) -> Bool { moment == other.moment ? order < other.order : moment < other.moment }
    }

    private var heap: [Element] = []
    private var contents: [Content?] = []
    private var freePlaces: [Int] = []
    private var nextOrder: UInt64 = 0

    var count: Int { heap.count }

    /// The moment of the earliest.
    var first: ContinuousClock.Instant? { heap.first?.moment }

    mutating func insert(_ content: Content, at moment: ContinuousClock.Instant) {
        heap.append(Element(moment: moment, order: nextOrder, place: store(content)))
        nextOrder += 1
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out the earliest whose moment has come.
    mutating func take(by now: ContinuousClock.Instant) -> Content? {
        guard let first = heap.first, first.moment <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        freePlaces.append(first.place)
        return contents[first.place].take()
    }

    mutating func removeAll() {
        heap = []
        contents = []
        freePlaces = []
    }

    private mutating func store(_ content: Content) -> Int {
        guard let place = freePlaces.popLast() else {
            contents.append(content)
            return contents.count - 1
        }
        contents[place] = content
        return place
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in 2 * parent + 1...2 * parent + 2 where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

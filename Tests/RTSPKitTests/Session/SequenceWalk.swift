/// A machine beside an independent model of it: all that decides what can happen next, so that equal situations have equal futures.
protocol SequenceSituation: Hashable {
    /// What can happen.
    associatedtype Event: Hashable

    /// All that can happen, each in every situation.
    static var events: [Event] { get }

    /// Lets `event` happen to the machine and to its model, and says where they differ.
    mutating func take(_ event: Event) -> [String]
}

/// Every sequence of `depth` events, driven through a situation.
///
/// `memoized` drives each *situation* once: sequences that lead to equal situations go on as one, and are counted by adding up the
/// ways that lead there. It finds the same as `plain`, which drives each sequence by itself; a test compares the two.
struct SequenceWalk<Situation: SequenceSituation> {
    /// How many sequences of exactly `depth` events were driven; nobody goes on after a difference.
    private(set) var sequences = 0
    /// How many sequences of at most `depth` events end with the first difference between the machine and its model.
    private(set) var failures = 0
    /// The first of them.
    private(set) var complaints: [String] = []

    let depth: Int
    private var nodes: [Node] = []
    private var known: [Situation: Int32] = [:]

    /// A situation in which every event has been tried.
    private struct Node {
        var situation: Situation
        /// The node and the event that first led here.
        var parent: Int32
        var cause: UInt8
        /// How many events brought a difference.
        var failing = 0
        /// The nodes after the other events; empty where they would be at the full depth.
        var successors: [Int32] = []
    }

    private init(depth: Int) { self.depth = depth }

    /// The situations in which every event was tried: all that fewer than `depth` events lead to.
    var situations: Dictionary<Situation, Int32>.Keys { known.keys }

    // MARK: - Each sequence by itself

    static func plain(from start: Situation, depth: Int) -> Self {
        var walk = Self(depth: depth)
        walk.visit(start, path: [])
        return walk
    }

    private mutating func visit(_ situation: Situation, path: [Situation.Event]) {
        guard path.count < depth else { return sequences += 1 }
        known[situation] = 0
        for event in Situation.events {
            var next = situation
            let found = next.take(event)
            if found.isEmpty {
                visit(next, path: path + [event])
            } else {
                failures += 1
                note(found, after: path + [event])
            }
        }
    }

    // MARK: - Each situation once

    static func memoized(from start: Situation, depth: Int) -> Self {
        var walk = Self(depth: depth)
        walk.explore(from: start)
        walk.count()
        return walk
    }

    /// Breadth first, so that the complaints come with the shortest sequences that lead to them.
    private mutating func explore(from start: Situation) {
        known = [start: 0]
        nodes = [Node(situation: start, parent: -1, cause: 0)]
        var level = 0..<1
        for length in 1...depth {
            for index in level {
                let isLast = length == depth
                if !isLast { nodes[index].successors.reserveCapacity(Situation.events.count) }
                for (cause, event) in Situation.events.enumerated() {
                    var next = nodes[index].situation
                    let found = next.take(event)
                    if !found.isEmpty {
                        nodes[index].failing += 1
                        note(found, after: path(to: index) + [event])
                    }
                    if isLast || !found.isEmpty { continue }
                    let fresh = Int32(nodes.count)
                    let number = known[next, default: fresh]
                    if number == fresh {
                        known[next] = fresh
                        nodes.append(Node(situation: next, parent: Int32(index), cause: UInt8(cause)))
                    }
                    nodes[index].successors.append(number)
                }
            }
            level = level.upperBound..<nodes.count
        }
    }

    /// Adds up the ways that lead to each node with each number of events.
    private mutating func count() {
        var ways = [Int](repeating: 0, count: nodes.count)
        ways[0] = 1
        for length in 1...depth {
            var next = [Int](repeating: 0, count: nodes.count)
            for (index, count) in ways.enumerated() where count > 0 {
                failures += count * nodes[index].failing
                if length == depth {
                    sequences += count * (Situation.events.count - nodes[index].failing)
                } else {
                    for successor in nodes[index].successors { next[Int(successor)] += count }
                }
            }
            ways = next
        }
    }

    private func path(to index: Int) -> [Situation.Event] {
        var events: [Situation.Event] = []
        var node = nodes[index]
        while node.parent >= 0 {
            events.append(Situation.events[Int(node.cause)])
            node = nodes[Int(node.parent)]
        }
        return events.reversed()
    }

    private mutating func note(_ found: [String], after events: [Situation.Event]) {
        guard complaints.count < 10 else { return }
        complaints.append(events.map { "\($0)" }.joined(separator: ", ") + ": " + found.joined(separator: "; "))
    }
}

internal import NIOCore
internal import RTPTransport
internal import RTSPKit

/// Live frames on their way to the readers of one loop, in the order in which they came. Confined to its event loop.
///
/// A frame for a hundred readers takes milliseconds, so they are served a few at a time, and the loop looks at its sockets in between.
struct LiveDeliveries {
    /// A frame, and who is still to get it.
    private struct Delivery {
        let frame: LiveFrame
        let presentation: LivePresentationID
        let arrival: ContinuousClock.Instant
        let done: () -> Void
        var rest: ArraySlice<ServerMember>
    }

    /// A frame for some of its readers.
    struct Step {
        let frame: LiveFrame
        let presentation: LivePresentationID
        /// When it came to the server.
        let arrival: ContinuousClock.Instant
        let members: ArraySlice<ServerMember>
        /// Whether all its other readers have been served.
        let isLast: Bool
    }

    /// What one turn of the loop may cost, in bytes sent: a millisecond or two.
    static let turn = 2 << 20
    /// What a reader costs beside the bytes it is sent, in bytes.
    static let readerCost = 8192

    private var queue = CircularBuffer<Delivery>()

    var isEmpty: Bool { queue.isEmpty }

    /// A frame is to go to these readers; `done` is called as the last of them are about to get it.
    mutating func add(
        _ frame: LiveFrame, of presentation: LivePresentationID, since arrival: ContinuousClock.Instant,
        to members: [ServerMember],
        _ done: @escaping () -> Void
    ) {
        guard !members.isEmpty else { return done() }
        queue.append(Delivery(frame: frame, presentation: presentation, arrival: arrival, done: done, rest: members[...]))
    }

    /// The next readers, as many as `room` allows and at least one, which it is less by then; `nil` once there is no room, or nobody.
    mutating func next(within room: inout Int) -> Step? {
        guard room > 0, let delivery = queue.first else { return nil }
        let cost = Self.readerCost + delivery.frame.batch.bytes.count
        let count = min(max(room / cost, 1), delivery.rest.count)
        let isLast = count == delivery.rest.count
        // What is left is too little for another reader.
        room = isLast ? room - count * cost : 0
        if isLast {
            queue.removeFirst()
            delivery.done()
        } else {
            queue[queue.startIndex].rest = delivery.rest.dropFirst(count)
        }
        return Step(
            frame: delivery.frame, presentation: delivery.presentation, arrival: delivery.arrival,
            members: delivery.rest.prefix(count), isLast: isLast)
    }

    /// Nobody gets anything any more.
    mutating func removeAll() {
        for delivery in queue { delivery.done() }
        queue.removeAll()
    }

    /// A connection reads the presentation no longer: it gets nothing that is under way, also if it comes back.
    mutating func remove(_ member: ServerMember, from presentation: LivePresentationID) {
        for index in queue.indices where queue[index].presentation == presentation {
            queue[index].rest.removeAll { $0 === member }
        }
    }
}

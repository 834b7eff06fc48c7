import MJPEGSource
import RTPTransport
import RTSPKit
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct LiveDeliveriesTests {
        private let presentation = LivePresentationID(rawValue: 7)
        private let members = (1...10).map { ServerMember.bare($0) }

        /// A frame of so many bytes, told apart by its sequence number.
        private static func frame(_ number: UInt16, byteCount: Int = 92_000) -> LiveFrame {
            LiveFrame(
                batch: RTPPacketBatch(bytes: Array(repeating: 0, count: byteCount), stride: 1400), firstSequenceNumber: number,
                timestamp: RTPTimestamp(rawValue: 0), frame: MJPEGFrame(image: [], presentationTime: .zero))
        }

        /// All steps of one turn of the loop: the frame of each, and who gets it.
        private static func turn(
            _ deliveries: inout LiveDeliveries, room: Int = 400_000
        ) -> [(frame: UInt16, members: [UInt64], isLast: Bool)] {
            var room = room
            var steps: [(UInt16, [UInt64], Bool)] = []
            while let step = deliveries.next(within: &room) {
                steps.append((step.frame.firstSequenceNumber, step.members.map(\.id), step.isLast))
            }
            return steps
        }

        @Test func `a turn serves as many readers as it has room for, and the next goes on there`() {
            var deliveries = LiveDeliveries()
            var doneCount = 0
            deliveries.add(Self.frame(1), of: presentation, since: .now, to: members) { doneCount += 1 }
            for expected in [[1, 2, 3], [4, 5, 6], [7, 8, 9]] as [[UInt64]] {
                let steps = Self.turn(&deliveries)
                #expect(steps.map(\.members) == [expected])
                #expect(steps.map(\.isLast) == [false])
                #expect(doneCount == 0)
                #expect(!deliveries.isEmpty)
            }
            let steps = Self.turn(&deliveries)
            #expect(steps.map(\.members) == [[10]])
            #expect(steps.map(\.isLast) == [true])
            #expect(doneCount == 1)
            #expect(deliveries.isEmpty)
            #expect(Self.turn(&deliveries).isEmpty)
        }

        @Test func `each reader gets the frames in the order in which they came`() {
            var deliveries = LiveDeliveries()
            var done: [UInt16] = []
            for number in [1, 2, 3] as [UInt16] {
                deliveries.add(Self.frame(number), of: presentation, since: .now, to: members) { done.append(number) }
            }
            var got: [UInt64: [UInt16]] = [:]
            var turns = 0
            while !deliveries.isEmpty, turns < 100 {
                for step in Self.turn(&deliveries) {
                    for member in step.members { got[member, default: []].append(step.frame) }
                }
                turns += 1
            }
            #expect(turns > 5)
            #expect(got.count == members.count)
            #expect(got.values.allSatisfy { $0 == [1, 2, 3] })
            #expect(done == [1, 2, 3])
        }

        @Test func `small frames of many presentations share a turn`() {
            var deliveries = LiveDeliveries()
            for number in 1...20 {
                let id = LivePresentationID(rawValue: UInt64(number))
                deliveries.add(Self.frame(UInt16(number), byteCount: 1000), of: id, since: .now, to: [members[0]]) {}
            }
            #expect(Self.turn(&deliveries).map(\.frame) == Array(1...20))
            #expect(deliveries.isEmpty)
        }

        @Test func `a frame larger than a turn goes to one reader each`() {
            var deliveries = LiveDeliveries()
            deliveries.add(Self.frame(1, byteCount: 3_000_000), of: presentation, since: .now, to: Array(members.prefix(2))) {}
            #expect(Self.turn(&deliveries).map(\.members) == [[1]])
            #expect(Self.turn(&deliveries).map(\.members) == [[2]])
            #expect(deliveries.isEmpty)
        }

        @Test func `a frame for nobody is done at once`() {
            var deliveries = LiveDeliveries()
            var isDone = false
            deliveries.add(Self.frame(1), of: presentation, since: .now, to: []) { isDone = true }
            #expect(isDone)
            #expect(deliveries.isEmpty)
        }

        @Test func `who leaves gets nothing that is under way, and is not waited for`() {
            var deliveries = LiveDeliveries()
            var isDone = false
            let other = LivePresentationID(rawValue: 8)
            deliveries.add(Self.frame(1), of: presentation, since: .now, to: Array(members.prefix(4))) { isDone = true }
            deliveries.add(Self.frame(2), of: other, since: .now, to: [members[3]]) {}
            #expect(Self.turn(&deliveries).map(\.members) == [[1, 2, 3]])
            deliveries.remove(members[3], from: presentation)
            let steps = Self.turn(&deliveries)
            #expect(isDone)
            #expect(steps.map(\.members) == [[], [4]])
            #expect(steps.map(\.frame) == [1, 2])
            #expect(deliveries.isEmpty)
        }

        @Test func `where nobody gets anything any more, all is done`() {
            var deliveries = LiveDeliveries()
            var doneCount = 0
            for number in [1, 2] as [UInt16] {
                deliveries.add(Self.frame(number), of: presentation, since: .now, to: members) { doneCount += 1 }
            }
            #expect(!Self.turn(&deliveries).isEmpty)
            deliveries.removeAll()
            #expect(doneCount == 2)
            #expect(deliveries.isEmpty)
            #expect(Self.turn(&deliveries).isEmpty)
        }
    }
}

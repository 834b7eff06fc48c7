import RTPTransport
import Testing

struct PacedSendTests {
    private let start = ContinuousClock.Instant.now
    private let sixteens = Pacing(packetsPerChunk: 16)

    private struct Chunk: Equatable {
        var packets: Range<Int>
        var time: Duration
    }

    /// Asks at every deadline, `lateness` later.
    private func run(_ count: Int, _ pacing: Pacing, lateness: Duration = .zero) -> [Chunk] {
        var send = PacedSend(packetCount: count, pacing: pacing, at: start)
        var chunks: [Chunk] = []
        while let deadline = send.deadline, chunks.count < 1000 {
            let now = deadline + lateness
            while let packets = send.next(at: now) { chunks.append(Chunk(packets: packets, time: start.duration(to: now))) }
        }
        #expect(send.isFinished)
        return chunks
    }

    private func isWhole(_ chunks: [Chunk], _ count: Int) -> Bool {
        chunks.flatMap { Array($0.packets) } == Array(0..<count)
    }

    @Test func `a frame of 215 packets leaves in equal chunks within 12 ms, each packet once`() {
        let chunks = run(215, sixteens)
        #expect(isWhole(chunks, 215))
        #expect(chunks.map(\.packets.count) == [17, 17, 17, 17, 17, 17, 17, 16, 16, 16, 16, 16, 16])
        #expect(chunks.map(\.time) == (0...12).map { .milliseconds($0) })
    }

    @Test func `a small frame leaves in chunks of the size asked for`() {
        let chunks = run(55, sixteens)
        #expect(
            chunks == [
                Chunk(packets: 0..<16, time: .zero), Chunk(packets: 16..<32, time: .milliseconds(1)),
                Chunk(packets: 32..<48, time: .milliseconds(2)), Chunk(packets: 48..<55, time: .milliseconds(3)),
            ])
    }

    @Test func `frames of every size leave whole and in time`() {
        for count in 0...600 {
            for pacing in [sixteens, Pacing(packetsPerChunk: 1), Pacing(packetsPerChunk: 7, interval: .microseconds(300))] {
                let chunks = run(count, pacing)
                #expect(isWhole(chunks, count))
                #expect(chunks.allSatisfy { $0.time <= pacing.maximumSpread })
                let chunkCount = Int(pacing.maximumSpread / pacing.interval) + 1
                let largest = max(pacing.packetsPerChunk, (count + chunkCount - 1) / chunkCount)
                #expect(chunks.allSatisfy { $0.packets.count <= largest && !$0.packets.isEmpty })
            }
        }
    }

    @Test func `nothing leaves before its time`() {
        var send = PacedSend(packetCount: 20, pacing: sixteens, at: start)
        #expect(send.next(at: start - .seconds(1)) == nil)
        #expect(send.deadline == start)
        #expect(send.next(at: start) == 0..<16)
        #expect(send.next(at: start) == nil)
        #expect(send.next(at: start + .microseconds(999)) == nil)
        #expect(send.deadline == start + .milliseconds(1))
        #expect(!send.isFinished)
        #expect(send.next(at: start + .milliseconds(1)) == 16..<20)
        #expect(send.deadline == nil)
        #expect(send.isFinished)
        #expect(send.next(at: start + .seconds(1)) == nil)
    }

    @Test func `a late caller is not followed by a burst while there is time left`() {
        var send = PacedSend(packetCount: 215, pacing: sixteens, at: start)
        #expect(send.next(at: start) == 0..<17)
        // Six chunks were missed; seven are left for 198 packets.
        #expect(send.next(at: start + .milliseconds(6)) == 17..<46)
        #expect(send.next(at: start + .milliseconds(6)) == nil)
        #expect(send.deadline == start + .milliseconds(7))
    }

    @Test func `what is left when the time is over leaves at once`() {
        var send = PacedSend(packetCount: 215, pacing: sixteens, at: start)
        #expect(send.next(at: start) == 0..<17)
        #expect(send.next(at: start + .milliseconds(40)) == 17..<215)
        #expect(send.isFinished)
    }

    @Test func `timers that are always late still send everything in time`() {
        let chunks = run(215, sixteens, lateness: .microseconds(900))
        #expect(isWhole(chunks, 215))
        #expect(chunks.allSatisfy { $0.time <= .milliseconds(13) && $0.packets.count <= 64 })
    }

    @Test func `a burst is one chunk`() {
        #expect(run(500, .burst) == [Chunk(packets: 0..<500, time: .zero)])
    }

    @Test func `a frame without packets is finished`() {
        for count in [0, -1, .min] {
            var send = PacedSend(packetCount: count, pacing: sixteens, at: start)
            #expect(send.isFinished)
            #expect(send.packetCount == 0)
            #expect(send.next(at: start) == nil)
        }
    }

    @Test func `senseless pacing is held within bounds`() {
        let pacing = Pacing(packetsPerChunk: -3, interval: .seconds(-1), maximumSpread: .seconds(100_000))
        #expect(pacing == Pacing(packetsPerChunk: 1, interval: .zero, maximumSpread: .seconds(10)))
        #expect(Pacing(interval: .nanoseconds(1)).interval == .zero)
        #expect(run(300, pacing) == [Chunk(packets: 0..<300, time: .zero)])
        let slow = Pacing(packetsPerChunk: 1, interval: .seconds(500), maximumSpread: .seconds(-1))
        #expect(run(300, slow) == [Chunk(packets: 0..<300, time: .zero)])
        var endless = PacedSend(packetCount: .max, pacing: Pacing(packetsPerChunk: .max), at: start)
        #expect(endless.next(at: start) == 0 ..< .max)
    }
}

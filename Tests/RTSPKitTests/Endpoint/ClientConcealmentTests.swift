import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// A client that conceals: what it shows is what was sent, or says which part of it is not.
@Suite struct ClientConcealmentTests {
    /// A movie whose packets hold one restart interval each: 64x64, four MCUs in each of four intervals.
    private struct AlignedMovie {
        static let intervalCount = 4

        /// The data of an interval: it says which one it is, and holds no FF.
        static func interval(_ interval: Int, ofFrame frame: Int) -> [UInt8] {
            [UInt8(interval + 1), UInt8(frame & 0x7F), UInt8(frame >> 7 & 0x7F)] + Array(repeating: 0x55, count: 40 + interval)
        }

        static func packets(ofFrame frame: Int, width: UInt8 = 8) -> [[UInt8]] {
            var offset = 0
            return (0..<intervalCount).map { interval in
                var data = Self.interval(interval, ofFrame: frame)
                if interval < intervalCount - 1 { data += [0xFF, 0xD0 + UInt8(interval)] }
                let header = RTPHeader(
                    marker: interval == intervalCount - 1, payloadType: 26,
                    sequenceNumber: UInt16(truncatingIfNeeded: 100 + frame * intervalCount + interval),
                    timestamp: RTPTimestamp(rawValue: 5000 + UInt32(frame) * 3600), ssrc: 0xABCD)
                var packet: [UInt8] = []
                header.append(to: &packet)
                packet += [0, 0, UInt8(offset >> 8), UInt8(offset & 255), 65, 50, width, 8, 0, 4, 0xC0, UInt8(interval)]
                offset += data.count
                return packet + data
            }
        }

        /// The intervals that a shown picture has.
        static func intervals(of image: [UInt8]) throws -> [[UInt8]] {
            let header = try JPEGImageHeader(scanning: image.span)
            #expect((header.width, header.height, header.restartInterval) == (64, 64, 4))
            var intervals: [[UInt8]] = [[]]
            var data = image[header.scan]
            while let byte = data.popFirst() {
                if byte == 0xFF {
                    #expect(data.popFirst() == 0xD0 + UInt8((intervals.count - 1) & 7))
                    intervals.append([])
                } else {
                    intervals[intervals.count - 1].append(byte)
                }
            }
            return intervals
        }
    }

    private static func playing(
        _ concealment: JPEGConcealment, description: String = ClientDialogue.description
    ) throws -> ClientDialogue {
        var talk = ClientDialogue(.udp) {
            $0.playout = .fixed(.milliseconds(200))
            $0.concealment = concealment
        }
        talk.replyToOptions()
        talk.replyToDescribe(description)
        talk.replyToSetup()
        try talk.play()
        talk.replyToPlay()
        return talk
    }

    @Test(arguments: JPEGConcealment.allCases, 1...4 as ClosedRange<UInt64>)
    func `over a network that loses, repeats and reorders, frames are as sent or marked`(
        concealment: JPEGConcealment, seed: UInt64
    ) throws {
        var conditions = NetworkConditions(
            delay: .milliseconds(10), jitter: .milliseconds(2), loss: 0.01, reordering: 0.02, displacement: .milliseconds(15))
        conditions.duplication = 0.02
        var path = SimulatedPath(conditions, seed: seed)
        var talk = try Self.playing(concealment)
        var arrivals: [(at: ContinuousClock.Instant, packet: [UInt8])] = []
        let frameCount = 500
        for frame in 0..<frameCount {
            for packet in AlignedMovie.packets(ofFrame: frame) {
                let sent = talk.now + .milliseconds(40 * frame)
                guard case .arrives(let at, let again, _) = path.fate(ofDatagram: packet.count, at: sent) else { continue }
                arrivals += ([at] + (again.map { [$0] } ?? [])).map { (at: $0, packet: packet) }
            }
        }
        for (at, packet) in arrivals.sorted(by: { $0.at < $1.at }) {
            talk.pass(talk.now.duration(to: at))
            talk.receive(rtp: packet)
        }
        talk.goodbye()
        talk.pass(.seconds(2))
        try check(talk, concealment, frameCount: frameCount, lost: path.datagramsLost)
    }

    private func check(
        _ talk: ClientDialogue, _ concealment: JPEGConcealment, frameCount: Int, lost: Int
    ) throws {
        let grey = Array(repeating: [0x28, 0xA2, 0x8A, 0x00] as [UInt8], count: 4).flatMap { $0 }
        var concealed = 0
        for frame in talk.frames {
            let number = Int(frame.timestamp.rawValue - 5000) / 3600
            let intervals = try AlignedMovie.intervals(of: frame.image)
            #expect(intervals.count == AlignedMovie.intervalCount)
            let (foreign, own) = (
                intervals.indices.filter { intervals[$0] != AlignedMovie.interval($0, ofFrame: number) }, number
            )
            #expect(foreign.count == frame.concealment?.concealedIntervals ?? 0)
            #expect(frame.concealment.map { $0.intervalCount == 4 } ?? true)
            if !foreign.isEmpty { concealed += 1 }
            let greys = foreign.filter { intervals[$0] == grey }
            #expect(greys.count == frame.concealment?.greyIntervals ?? 0)
            // What is neither its own nor grey is of an earlier frame.
            for index in foreign where intervals[index] != grey {
                let earlier = (max(0, own - 20)..<own).contains { intervals[index] == AlignedMovie.interval(index, ofFrame: $0) }
                #expect(earlier && concealment == .lastFrame)
            }
        }
        let statistics = talk.client.statistics()
        #expect(lost > 5)
        #expect((concealed > 0) == (concealment != .none))
        #expect(statistics.framesConcealed >= concealed)
        #expect(statistics.frames + statistics.incompleteFrames >= frameCount - 2)
        if concealment == .none {
            #expect(statistics.framesConcealed == 0)
            #expect(statistics.incompleteFrames > 0)
        } else {
            #expect(statistics.incompleteFrames == 0)
        }
        let summaries = talk.events.map(\.summary).filter { $0.contains("of 4 intervals") }
        #expect(summaries.count == concealed)
    }

    @Test(arguments: ["framesize:26 2592-1944", "x-dimensions:2592,1944"])
    func `J05 the description's size reaches the picture`(attribute: String) throws {
        var talk = try Self.playing(.none, description: ClientDialogue.description + "a=\(attribute)\n")
        for var packet in AlignedMovie.packets(ofFrame: 0) {
            packet.replaceSubrange(18..<20, with: [0, 0])
            talk.receive(rtp: packet)
        }
        talk.pass(.seconds(1))
        let frame = try #require(talk.frames.first)
        let header = try JPEGImageHeader(scanning: frame.image.span)
        #expect((header.width, header.height) == (2592, 1944))
        #expect(frame.concealment == nil)
    }

    @Test func `frames carried over a jump keep their mark`() throws {
        var talk = try Self.playing(.grey)
        for frame in 0..<3 {
            for packet in AlignedMovie.packets(ofFrame: frame).dropFirst(frame == 1 ? 1 : 0) { talk.receive(rtp: packet) }
        }
        // The answer to a jump is overtaken by its first packets.
        try talk.play(.from(.seconds(5)))
        talk.reply(
            .ok, ["Session": "S1", "Range": "npt=5-10", "RTP-Info": "url=rtsp://host/movie/stream=0;seq=100;rtptime=5000"])
        talk.pass(.seconds(1))
        #expect(talk.frames.map { $0.concealment != nil } == [false, true, false])
    }
}

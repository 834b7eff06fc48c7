import RTPTransport
import RTSPTestKit
import Testing

@Suite struct PacketGeneratorTests {
    private static let start = ContinuousClock.now

    /// What a receiver makes of packets.
    private struct Outcome {
        var scans: [[UInt8]] = []
        var receiver: RTPReceiver
        var events = 0
    }

    private static func receive(_ packets: [[UInt8]], limits: DepacketizerLimits = .default) -> Outcome {
        var outcome = Outcome(
            receiver: RTPReceiver(format: .jpeg, payloadTypes: [26], ssrc: 1, canonicalName: "test", limits: limits))
        var events: [ReceiverEvent] = []
        for (index, packet) in packets.enumerated() {
            events += outcome.receiver.receive(rtp: packet.span, at: start + .milliseconds(index))
        }
        events += outcome.receiver.flush()
        outcome.events = events.count
        for case .frame(let frame) in events { outcome.scans.append(SyntheticPicture.scanData(of: frame.image)) }
        return outcome
    }

    @Test(arguments: GeneratorMood.allCases)
    func `the same seed gives the same packets, another seed others`(mood: GeneratorMood) {
        let generator = PacketGenerator()
        #expect((0..<20).allSatisfy { generator.sample(mood, seed: $0) == generator.sample(mood, seed: $0) })
        #expect(Set((0..<20).map { generator.sample(mood, seed: $0).packets }).count > 15)
    }

    @Test func `valid packets become the pictures that they were made of`() {
        for seed in 0..<300 as Range<UInt64> {
            let sample = PacketGenerator().sample(.valid, seed: seed)
            let outcome = Self.receive(sample.packets)
            #expect(outcome.scans == sample.scans, "\(sample)")
            #expect(outcome.receiver.counters.discardedTotal == 0, "\(sample)")
            #expect(outcome.receiver.counters.framesIncomplete == 0, "\(sample)")
        }
    }

    @Test(arguments: PacketGenerator.Quirk.allCases)
    func `what devices send becomes the pictures that they meant`(quirk: PacketGenerator.Quirk) {
        var dice = SeededGenerator(seed: 1)
        for _ in 0..<30 {
            let sample = PacketGenerator().sample(quirk, using: &dice)
            let outcome = Self.receive(sample.packets)
            if let scans = sample.scans { #expect(outcome.scans == scans, "\(sample)") }
            #expect(!outcome.scans.isEmpty || sample.scans?.isEmpty == true, "\(sample)")
        }
    }

    @Test(arguments: PacketGenerator.Attack.allCases)
    func `hostile packets cost no more than the limits allow`(attack: PacketGenerator.Attack) {
        let limits = DepacketizerLimits(maximumBytes: 20_000, maximumFrames: 2, maximumWaitingFragments: 50)
        var dice = SeededGenerator(seed: 2)
        var discarded = 0
        for _ in 0..<12 {
            let sample = PacketGenerator().sample(attack, using: &dice)
            let outcome = Self.receive(sample.packets, limits: limits)
            // Whatever is handed on is a picture of bounded size that the limits allow.
            #expect(outcome.scans.allSatisfy { $0.count <= limits.maximumBytes })
            #expect(outcome.events <= 3 * sample.packets.count + 2)
            let counters = outcome.receiver.counters
            #expect(counters.framesComplete == outcome.scans.count)
            #expect(counters.discarded.count <= 40)
            discarded += counters.discardedTotal + counters.framesIncomplete
        }
        #expect(discarded > 0)
    }

    @Test func `after anything hostile a receiver that is restarted shows good pictures again`() {
        for seed in 0..<100 as Range<UInt64> {
            let hostile = PacketGenerator(ssrc: 5).sample(.hostile, seed: seed)
            var outcome = Self.receive(hostile.packets)
            outcome.receiver.restart()
            let valid = PacketGenerator(ssrc: 5).sample(.valid, seed: seed)
            var scans: [[UInt8]] = []
            for packet in valid.packets {
                // Bits may have been flipped in the source's name, so that it is heard anew after a silence.
                for case .frame(let frame) in outcome.receiver.receive(rtp: packet.span, at: Self.start + .seconds(100)) {
                    scans.append(SyntheticPicture.scanData(of: frame.image))
                }
            }
            #expect(scans == valid.scans, "\(hostile) \(valid)")
        }
    }
}

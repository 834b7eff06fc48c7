import RTPTransport
import RTSPTestKit
import Testing

@Suite struct ReportGeneratorTests {
    @Test(arguments: GeneratorMood.allCases)
    func `the same seed gives the same compound, another seed another`(mood: GeneratorMood) {
        let generator = ReportGenerator()
        #expect((0..<30).allSatisfy { generator.sample(mood, seed: $0) == generator.sample(mood, seed: $0) })
        #expect(Set((0..<30).map { generator.sample(mood, seed: $0).bytes }).count > 15)
    }

    @Test func `a valid compound is read as what it means, leniently and strictly`() throws {
        for seed in 0..<500 as Range<UInt64> {
            let sample = ReportGenerator().sample(.valid, seed: seed)
            #expect(try RTCPPacket.parse(compound: sample.bytes.span) == sample.packets, "\(sample)")
            #expect(try RTCPPacket.parse(compound: sample.bytes.span, strictness: .strict) == sample.packets, "\(sample)")
        }
    }

    @Test(arguments: ReportGenerator.Quirk.allCases)
    func `an odd compound is read leniently`(quirk: ReportGenerator.Quirk) throws {
        var dice = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            let sample = ReportGenerator().sample(quirk, using: &dice)
            #expect(try RTCPPacket.parse(compound: sample.bytes.span) == sample.packets, "\(sample)")
        }
    }

    @Test(arguments: ReportGenerator.Attack.allCases)
    func `a hostile compound gives no more than it has room for`(attack: ReportGenerator.Attack) {
        var dice = SeededGenerator(seed: 4)
        for _ in 0..<60 {
            let sample = ReportGenerator().sample(attack, using: &dice)
            for strictness in [RTCPPacket.Strictness.lenient, .strict] {
                let packets = (try? RTCPPacket.parse(compound: sample.bytes.span, strictness: strictness)) ?? []
                #expect(packets.count <= sample.bytes.count / 4)
                let blocks = packets.map { packet in
                    switch packet {
                    case .senderReport(let report): report.reports.count
                    case .receiverReport(let report): report.reports.count
                    default: 0
                    }
                }
                #expect(blocks.reduce(0, +) <= sample.bytes.count / 24)
            }
        }
    }
}

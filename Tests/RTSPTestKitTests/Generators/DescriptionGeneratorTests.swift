import RTSPKit
import RTSPTestKit
import Testing

@Suite struct DescriptionGeneratorTests {
    @Test(arguments: GeneratorMood.allCases)
    func `the same seed gives the same description, another seed another`(mood: GeneratorMood) {
        let generator = DescriptionGenerator()
        #expect((0..<30).allSatisfy { generator.sample(mood, seed: $0) == generator.sample(mood, seed: $0) })
        #expect(Set((0..<30).map { generator.sample(mood, seed: $0).bytes }).count > 15)
    }

    @Test func `a valid description is read as what it means, and the same again when it is written`() throws {
        for seed in 0..<500 as Range<UInt64> {
            let sample = DescriptionGenerator().sample(.valid, seed: seed)
            let read = try SessionDescription(parsing: sample.bytes.span)
            #expect(read == sample.expected, "\(sample)")
            #expect(try SessionDescription(parsing: read.bytes.span) == read, "\(sample)")
        }
    }

    @Test(arguments: DescriptionGenerator.Quirk.allCases)
    func `an odd description does not cost the stream of pictures`(quirk: DescriptionGenerator.Quirk) throws {
        var dice = SeededGenerator(seed: 1)
        for _ in 0..<30 {
            let sample = DescriptionGenerator().sample(quirk, using: &dice)
            let read = try SessionDescription(parsing: sample.bytes.span)
            let picture = try #require(read.media.first { $0.jpegPayloadType == 26 }, "\(sample)")
            #expect(picture.control == "stream=0", "\(sample)")
            #expect(picture.rtpMaps[26]?.clockRate == 90_000, "\(sample)")
            #expect(picture.framerate == 25 || quirk == .oddControl, "\(sample)")
        }
    }

    @Test(arguments: DescriptionGenerator.Attack.allCases)
    func `a hostile description is refused, or gives no more than the limits allow`(attack: DescriptionGenerator.Attack) {
        let limits = SessionDescription.Limits()
        var dice = SeededGenerator(seed: 2)
        var reasons: Set<SDPParseError.Reason> = []
        for _ in 0..<40 {
            let sample = DescriptionGenerator().sample(attack, using: &dice)
            do throws(SDPParseError) {
                let read = try SessionDescription(parsing: sample.bytes.span)
                #expect(read.media.count + read.unreadableMediaCount <= limits.media)
                for media in read.media { _ = (media.rtpMaps, media.pictureSize, media.framerate, media.jpegPayloadType) }
                #expect((try? SessionDescription(parsing: read.bytes.span)) != nil, "\(sample.label)")
            } catch {
                reasons.insert(error.reason)
            }
        }
        let expected: [DescriptionGenerator.Attack: SDPParseError.Reason] = [
            .tooLarge: .tooLarge, .tooManyLines: .tooManyLines, .tooManySections: .tooManyMedia,
        ]
        if let reason = expected[attack] { #expect(reasons == [reason]) }
    }
}

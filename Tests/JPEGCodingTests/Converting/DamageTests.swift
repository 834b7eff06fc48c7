import JPEGCoding
import RTPTransport
import Testing

@Suite struct DamageTests {
    private let strict = TurboJPEGConverter(maximumPixelCount: 1 << 20)
    private let lenient = TurboJPEGConverter(maximumPixelCount: 1 << 20, acceptsDamage: true)

    /// Kinds that are converted by different ways.
    private static let kinds = ["420_optimized", "420_progressive", "420_arithmetic", "444", "gray", "rgb", "ycck", "410"]

    private func refusal(_ converter: TurboJPEGConverter, _ image: [UInt8], _ conversion: JPEGConversion = .carriable)
        -> JPEGConversionError.Reason?
    {
        do throws(JPEGConversionError) {
            _ = try converter.convert(image, conversion)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(arguments: [[], [0xFF], [0xFF, 0xD8], [0xFF, 0xD8, 0xFF, 0xD9], Array("no picture at all".utf8)] as [[UInt8]])
    func `What is no JPEG is broken`(bytes: [UInt8]) {
        for conversion in [.carriable, JPEGConversion(quality: 1), JPEGConversion(scale: .full, maximumByteCount: 0)] {
            #expect(refusal(strict, bytes, conversion) == .broken)
            #expect(refusal(lenient, bytes, conversion) == .broken)
        }
    }

    @Test(arguments: kinds)
    func `Half a picture is broken, or converted where that is accepted`(name: String) throws {
        let image = try #require(Pictures.small[name])
        let half = Array(image.prefix(image.count - 150))
        #expect(refusal(strict, half) == .broken)
        let converted = try lenient.convert(half, .carriable)
        #expect(converted.image.carriage == .direct)
        let (whole, shown) = try (Reference.image(lenient.convert(image, .carriable).image), Reference.image(converted.image))
        #expect(shown.width == 61 && shown.height == 43 && shown.rgb != whole.rgb)
    }

    @Test(arguments: kinds)
    func `A picture that only lacks its end marker is whole`(name: String) throws {
        let image = try #require(Pictures.small[name])
        guard name != "420_arithmetic" else {
            // Nothing else would tell that a part is missing.
            #expect(refusal(strict, Array(image.dropLast(2))) == .broken)
            #expect(try lenient.convert(Array(image.dropLast(2)), .carriable) == strict.convert(image, .carriable))
            return
        }
        #expect(try strict.convert(Array(image.dropLast(2)), .carriable) == strict.convert(image, .carriable))
        #expect(try strict.convert(image + [0, 1, 2, 0xFF], .carriable) == strict.convert(image, .carriable))
    }

    @Test func `A picture over the budget is refused before it is decoded`() throws {
        let image = try #require(Pictures.small["444_progressive"])
        for conversion in [.carriable, JPEGConversion(quality: 10)] {
            #expect(refusal(TurboJPEGConverter(maximumPixelCount: 61 * 43), image, conversion) == nil)
            #expect(refusal(TurboJPEGConverter(maximumPixelCount: 61 * 43 - 1), image, conversion) == .tooLarge)
        }
        var huge = image
        let frame = try #require(image.indices.dropLast().first { image[$0] == 0xFF && image[$0 + 1] == 0xC2 })
        huge.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(refusal(TurboJPEGConverter(), huge) == .tooLarge)
        #expect(refusal(TurboJPEGConverter(maximumPixelCount: .min), image) == .tooLarge)
    }

    @Test func `Thousands of scans are refused after some hundreds of them`() throws {
        let image = try #require(Pictures.small["420_progressive"])
        let scans = image.indices.dropLast().filter { image[$0] == 0xFF && image[$0 + 1] == 0xDA }
        let last = try #require(scans.last)
        var bomb = Array(image.dropLast(2))
        for _ in 0..<3000 { bomb += image[last..<image.count - 2] }
        #expect(refusal(lenient, bomb + [0xFF, 0xD9]) == .broken)
        #expect(refusal(strict, bomb + [0xFF, 0xD9]) == .broken)
        let scale = try #require(JPEGScale(eighths: 1))
        #expect(refusal(lenient, bomb + [0xFF, 0xD9], JPEGConversion(scale: scale)) == .broken)
    }

    /// A gray picture of one block whose second coefficient has 12 bits, for which the standard tables have no code.
    private static let excessive: [UInt8] =
        [0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
        + [0xFF, 0xC0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0]
        + [0xFF, 0xC4, 0, 20, 0x00, 1] + [UInt8](repeating: 0, count: 15) + [0]
        + [0xFF, 0xC4, 0, 21, 0x10, 1, 1] + [UInt8](repeating: 0, count: 14) + [0x0C, 0]
        + [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]
        // 0 (no difference), 0 (12 bits follow), 100000000001, 10 (end of block), ones.
        + [0b0010_0000, 0b0000_0110, 0xFF, 0xD9]

    @Test func `Coefficients that the standard tables have no code for are encoded anew`() throws {
        let converted = try strict.convert(Self.excessive, .carriable)
        #expect(converted.way == .reencoded && converted.image.carriage == .direct)
        let (before, after) = try (Reference.image(Self.excessive), Reference.image(converted.image))
        #expect(Set(before.rgb).count > 1)
        #expect(after.signalToNoise(against: before) > 30)
    }

    @Test(arguments: 0..<8)
    func `Any byte may be wrong`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let images = Pictures.small.sorted { $0.key < $1.key }.map(\.value)
        var (pictures, refusals) = (0, 0)
        for image in images {
            for _ in 0..<3 {
                let broken = Self.broken(image, using: &generator)
                let scale = JPEGScale(eighths: Int.random(in: 1...8, using: &generator)) ?? .full
                let conversion = JPEGConversion(
                    scale: Bool.random(using: &generator) ? .full : scale,
                    quality: Bool.random(using: &generator) ? nil : Int.random(in: 1...100, using: &generator),
                    maximumByteCount: Int.random(in: 0...3, using: &generator) > 0 ? nil : 1200)
                for converter in [strict, lenient] {
                    for conversion in [.carriable, conversion] {
                        do throws(JPEGConversionError) {
                            let converted = try converter.convert(broken, conversion)
                            #expect(converted.image.carriage == .direct)
                            pictures += 1
                            // What was made anew is whole.
                            guard converted.way != .untouched else { continue }
                            let isWhole = (try? JPEGDecoder().decode(converted.image)) != nil
                            #expect(isWhole)
                        } catch {
                            #expect(error.reason != .unavailable && !error.message.isEmpty)
                            refusals += 1
                        }
                    }
                }
            }
        }
        #expect(pictures > 20 && refusals > 20)
    }

    /// Some bytes changed, most of them in the headers, where they hurt most; sometimes cut.
    private static func broken(_ image: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var broken = image
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let range = Int.random(in: 0...2, using: &generator) > 0 ? 0..<min(700, image.count) : 0..<image.count
            broken[Int.random(in: range, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        if Int.random(in: 0...9, using: &generator) == 0 {
            broken.removeLast(Int.random(in: 0..<image.count, using: &generator))
        }
        return broken
    }
}

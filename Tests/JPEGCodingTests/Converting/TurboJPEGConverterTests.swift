import JPEGCoding
import RTPTransport
import Testing

@Suite struct TurboJPEGConverterTests {
    private let converter = TurboJPEGConverter()

    @Test func `There are pictures of all kinds to try`() {
        #expect(Pictures.small.count >= 25)
        #expect(Pictures.names { if case .afterRecoding = $0 { true } else { false } }.count >= 10)
        #expect(Pictures.names { if case .afterReencoding = $0 { true } else { false } }.count >= 9)
    }

    @Test(arguments: Pictures.names { $0 == .direct })
    func `What is carried as it is comes back untouched`(name: String) throws {
        let image = try #require(Pictures.all[name])
        let converted = try converter.convert(image, .carriable)
        #expect(converted == ConvertedJPEG(image: image, way: .untouched))
    }

    @Test func `A picture that is carried as it is is not even decoded`() throws {
        let whole = try #require(Pictures.small["420"])
        let half = Array(whole.prefix(whole.count * 3 / 4))
        #expect(try converter.convert(half, .carriable).way == .untouched)
        #expect(try TurboJPEGConverter(maximumPixelCount: 0).convert(whole, .carriable).way == .untouched)
        // Nor is it more than a look at the header that finds it small enough.
        #expect(try converter.convert(half, JPEGConversion(quality: 100, maximumByteCount: half.count)).way == .untouched)
    }

    @Test(
        arguments: Pictures.names(
            "420_optimized", "422_optimized_restart", "422_factors_optimized", "420_progressive", "422_progressive_restart",
            "420_arithmetic", "arithmetic", "420_arithmetic_progressive", "420_several_scans", "420_wide_tables_progressive"))
    func `Another coding costs nothing: the coefficients stay`(name: String) throws {
        let image = try #require(Pictures.all[name])
        guard case .afterRecoding = image.carriage else {
            Issue.record("\(name) is carried otherwise")
            return
        }
        let converted = try converter.convert(image, .carriable)
        #expect(converted.way == .recoded)
        #expect(converted.image.carriage == .direct)
        #expect(try Reference.canonical(converted.image) == Reference.canonical(image))
        #expect(try Reference.planes(converted.image) == Reference.planes(image))
        // Restart markers go, as their places are a matter of the coding.
        #expect(try converted.image.header().restartInterval == 0)
        #expect(try converter.convert(converted.image, .carriable).way == .untouched)
    }

    @Test(arguments: Pictures.names("gray", "gray_progressive"))
    func `Gray keeps its coefficients and gets neutral colour`(name: String) throws {
        let image = try #require(Pictures.all[name])
        let converted = try converter.convert(image, .carriable)
        #expect(converted.way == .recoded)
        let header = try converted.image.header()
        #expect(header.sampling == .yuv420)
        let planes = try Reference.planes(converted.image)
        let luma = try Reference.planes(image)[0]
        let (width, stride) = (header.width, header.width + header.width % 2)
        for row in 0..<header.height {
            #expect(planes[0][row * stride..<row * stride + width] == luma[row * width..<(row + 1) * width])
        }
        #expect(planes[1].allSatisfy { $0 == 128 } && planes[2].allSatisfy { $0 == 128 })
        #expect(try Reference.image(converted.image).rgb == Reference.image(image).rgb)
        #expect(converted.image.count < image.count * 5 / 4 + 600)
    }

    @Test(
        arguments: [
            ("444", .yuv422), ("444_progressive", .yuv422), ("440", .yuv420), ("411", .yuv422),
            ("420_different_chroma_tables", .yuv420),
        ] as [(String, JPEGSampling)])
    func `Other colour leaves brightness alone`(kind: String, sampling: JPEGSampling) throws {
        for name in Pictures.names(kind) {
            let image = try #require(Pictures.all[name])
            let converted = try converter.convert(image, .carriable)
            #expect(converted.way == .reencoded, "\(name)")
            #expect(try converted.image.header().sampling == sampling, "\(name)")
            let (before, after) = try (Reference.planes(image)[0], Reference.planes(converted.image)[0])
            let (width, height) = try (converted.image.header().width, converted.image.header().height)
            let (stride, other) = (before.count / Self.rows(height, before), after.count / Self.rows(height, after))
            for row in 0..<height {
                #expect(before[row * stride..<row * stride + width] == after[row * other..<row * other + width])
            }
        }
    }

    /// How many rows a plane of brightness has, which is rounded up to an even number where its width does not tell.
    private static func rows(_ height: Int, _ plane: [UInt8]) -> Int { plane.count % height == 0 ? height : height + height % 2 }

    @Test(arguments: Pictures.large.keys.sorted())
    func `A photograph loses next to nothing`(name: String) throws {
        let image = try #require(Pictures.large[name])
        guard case .afterReencoding = image.carriage else { return }
        let converted = try converter.convert(image, .carriable)
        let (before, after) = try (Reference.image(image), Reference.image(converted.image))
        // Colour that is as sharp and noisy as in these two has no room in 4:2:2: halved and nothing else, it is at 37 dB.
        let isSharp = name == "large_rgb" || name == "large_cmyk_adobe"
        #expect(after.signalToNoise(against: before) >= (isSharp ? 35 : 40))
        #expect(after.lumaSignalToNoise(against: before) >= (isSharp ? 49 : 60))
        #expect(converted.image.count < image.count * 5 / 4)
    }

    @Test(arguments: Pictures.small.keys.sorted())
    func `A drawing with sharp edges loses little`(name: String) throws {
        let image = try #require(Pictures.small[name])
        guard case .afterReencoding = image.carriage, !["12_bits", "lossless"].contains(name) else { return }
        let converted = try converter.convert(image, .carriable)
        let (before, after) = try (Reference.image(image), Reference.image(converted.image))
        #expect(after.signalToNoise(against: before) >= 33)
        #expect(after.lumaSignalToNoise(against: before) >= 50)
    }

    private static let conversions =
        [
            .carriable, JPEGConversion(quality: 30), JPEGConversion(maximumByteCount: 900),
            JPEGConversion(scale: .full, quality: 500, maximumByteCount: -5),
        ] + (1...7).compactMap { JPEGScale(eighths: $0) }.map { JPEGConversion(scale: $0) }

    @Test(arguments: Pictures.all.keys.sorted())
    func `Whatever comes out can be carried, and has the right size`(name: String) throws {
        let image = try #require(Pictures.all[name])
        for conversion in Self.conversions {
            let result = Result { () throws(JPEGConversionError) in try converter.convert(image, conversion) }
            switch result {
            case .success(let converted):
                #expect(converted.image.carriage == .direct)
                guard converted.way != .untouched else { continue }
                let size = try Reference.size(image, eighths: conversion.scale.eighths)
                let header = try converted.image.header()
                #expect(header.width == size.width && header.height == size.height)
            case .failure(let error):
                #expect(!error.message.isEmpty)
                if ["12_bits", "lossless"].contains(name) {
                    #expect(error.reason == .unsupported)
                } else {
                    #expect(name.contains("broken") || name.contains("mutated"), "\(name) \(conversion) \(error)")
                }
            }
        }
    }

    @Test func `Twelve bits and lossless files are refused in words`() throws {
        for (name, word) in [("12_bits", "12"), ("lossless", "Lossless")] {
            let image = try #require(Pictures.small[name])
            let error = #expect(throws: JPEGConversionError.self) { try converter.convert(image, .carriable) }
            #expect(error?.reason == .unsupported)
            #expect(error?.message.contains(word) == true)
        }
    }

    @Test func `Any number of threads may convert at the same time`() async throws {
        let converter = converter
        let alone = try Pictures.small.filter { !["12_bits", "lossless"].contains($0.key) }
            .mapValues { try converter.convert($0, .carriable) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                for (name, expected) in alone {
                    group.addTask { try Pictures.small[name].map { try converter.convert($0, .carriable) } == expected }
                }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
    }
}

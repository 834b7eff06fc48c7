import JPEGCoding
import Testing

@Suite struct JPEGDecoderTests {
    private let jpeg: [UInt8]

    init() throws {
        jpeg = try JPEGEncoder().encode(.gradient(width: 320, height: 240), quality: 80)
    }

    @Test(arguments: [[], [0xFF], [0xFF, 0xD8], [0xFF, 0xD8, 0xFF, 0xD9], Array("no picture at all".utf8)] as [[UInt8]])
    func `What is no JPEG is unreadable`(bytes: [UInt8]) {
        let error = #expect(throws: JPEGCodingError.self) { try JPEGDecoder().decode(bytes) }
        #expect(error?.reason == .unreadable)
        #expect(error?.message.isEmpty == false)
    }

    @Test func `A JPEG cut anywhere is an error and never a picture`() {
        for length in stride(from: 0, to: jpeg.count - 2, by: 7) {
            let error = #expect(throws: JPEGCodingError.self) { try JPEGDecoder().decode(Array(jpeg.prefix(length))) }
            #expect(error?.reason == .unreadable || error?.reason == .damaged)
        }
    }

    @Test func `Half a JPEG is damaged, and gives half a picture where that is accepted`() throws {
        let half = Array(jpeg.prefix(jpeg.count / 2))
        let error = #expect(throws: JPEGCodingError.self) { try JPEGDecoder().decode(half) }
        #expect(error?.reason == .damaged)

        let whole = try JPEGDecoder().decode(jpeg)
        let picture = try JPEGDecoder(acceptsDamage: true).decode(half)
        #expect(picture.width == 320 && picture.height == 240 && picture.isConsistent)
        let rows = 320 * 3 * 80
        #expect(picture.pixels.prefix(rows) == whole.pixels.prefix(rows))
        #expect(picture != whole)
    }

    @Test func `A picture over the budget is refused before it is decoded`() {
        let budget = 320 * 240
        #expect(throws: Never.self) { try JPEGDecoder(maximumPixelCount: budget).decode(jpeg) }
        let error = #expect(throws: JPEGCodingError.self) { try JPEGDecoder(maximumPixelCount: budget - 1).decode(jpeg) }
        #expect(error?.reason == .tooLarge)
    }

    @Test func `A header that promises 65500 by 65500 pixels allocates nothing`() throws {
        var huge = jpeg
        let frame = try #require(segments(of: jpeg).first { $0.marker == 0xC0 })
        huge.replaceSubrange(frame.contents.startIndex + 1..<frame.contents.startIndex + 5, with: [0xFF, 0xDC, 0xFF, 0xDC])
        let error = #expect(throws: JPEGCodingError.self) { try JPEGDecoder().decode(huge) }
        #expect(error?.reason == .tooLarge)
    }

    @Test func `Any byte may be wrong`() {
        var generator = Numbers(state: 7)
        var pictures = 0
        for _ in 0..<600 {
            var broken = jpeg
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                // Half of the hits go to the headers, where they hurt most.
                let range = Bool.random(using: &generator) ? 0..<640 : 0..<broken.count
                broken[Int.random(in: range, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            for decoder in [
                JPEGDecoder(maximumPixelCount: 1 << 20), JPEGDecoder(maximumPixelCount: 1 << 20, acceptsDamage: true),
            ] {
                do throws(JPEGCodingError) {
                    let picture = try decoder.decode(broken)
                    #expect(picture.isConsistent)
                    pictures += 1
                } catch {
                    #expect(error.reason != .invalidArgument)
                }
            }
        }
        #expect(pictures > 0 && pictures < 1200)
    }

    @Test func `Bytes after the end of the picture are ignored`() throws {
        #expect(try JPEGDecoder().decode(jpeg + [0, 1, 2]) == JPEGDecoder().decode(jpeg))
    }

    @Test func `A part of a buffer can be decoded in place`() throws {
        let buffer = [1, 2, 3] + jpeg + [4]
        #expect(try JPEGDecoder().decode(buffer.span.extracting(3..<3 + jpeg.count)) == JPEGDecoder().decode(jpeg))
    }
}

/// Numbers that look random and are the same in every run.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

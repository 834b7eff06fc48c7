import JPEGCoding
import TestScene
import Testing

@Suite struct TestSceneTests {
    @Test(arguments: [(640, 360), (1280, 720), (320, 240), (224, 16), (449, 251)])
    func `A picture tells which frame it is`(width: Int, height: Int) throws {
        var scene = TestScene(width: width, height: height, framesPerSecond: 25)
        for frame in [0, 1, 2, 255, 256, 43_690, 65_535, 1_000_000, (1 << 24) - 1] {
            #expect(TestScene.frameNumber(in: scene.image(at: frame)) == frame)
        }
    }

    @Test func `The number survives a bad JPEG`() throws {
        var scene = TestScene(width: 640, height: 360, framesPerSecond: 25)
        for frame in [0, 77, 5_592_405] {
            for subsampling in JPEGSubsampling.allCases {
                let jpeg = try scene.jpeg(at: frame, quality: 5, subsampling: subsampling)
                #expect(TestScene.frameNumber(in: try JPEGDecoder().decode(jpeg)) == frame)
            }
        }
    }

    @Test func `Numbers start again after 24 bits and take negative frames`() {
        var scene = TestScene(width: 320, height: 240, framesPerSecond: 30)
        #expect(scene.image(at: 1 << 24) == scene.image(at: 0))
        #expect(TestScene.frameNumber(in: scene.image(at: -1)) == (1 << 24) - 1)
        #expect(TestScene.frameNumber(in: scene.image(at: .max)) == (1 << 24) - 1)
    }

    @Test(arguments: [0, 127, 255] as [UInt8])
    func `A picture of one colour shows no number`(level: UInt8) {
        let plain = RGBImage(width: 640, height: 360, pixels: [UInt8](repeating: level, count: 640 * 360 * 3))
        #expect(TestScene.frameNumber(in: plain) == nil)
    }

    @Test func `A picture too small for the code or of the wrong size shows no number`() {
        var scene = TestScene(width: 223, height: 100, framesPerSecond: 30)
        #expect(TestScene.frameNumber(in: scene.image(at: 3)) == nil)
        #expect(TestScene.frameNumber(in: RGBImage(width: 640, height: 360, pixels: [])) == nil)
    }

    @Test func `The same frame is the same picture in whatever order it is drawn`() {
        var (first, second) = (
            TestScene(width: 320, height: 240, framesPerSecond: 30), TestScene(width: 320, height: 240, framesPerSecond: 30)
        )
        let pictures = (0..<5).map { first.image(at: $0) }
        #expect(pictures.reversed() == (0..<5).reversed().map { second.image(at: $0) })
        #expect(Set(pictures).count == 5)
    }

    @Test(arguments: [(Int.min, Int.min, Int.min), (0, 0, 0), (1, 1, 1)])
    func `Sizes and rates without sense are brought into range`(width: Int, height: Int, rate: Int) throws {
        var scene = TestScene(width: width, height: height, framesPerSecond: rate)
        #expect(scene.width == 16 && scene.height == 16 && scene.framesPerSecond == 1)
        #expect(scene.image(at: 1_000_000).isConsistent)
        let large = TestScene(width: .max, height: 16, framesPerSecond: .max)
        #expect(large.width == 4096 && large.framesPerSecond == 1000)
    }

    @Test func `JPEGs have the size of real ones`() throws {
        var large = TestScene(width: 1280, height: 720, framesPerSecond: 30)
        var small = TestScene(width: 640, height: 360, framesPerSecond: 25)
        for frame in [0, 100, 299] {
            #expect((60_000...100_000).contains(try large.jpeg(at: frame).count))
            #expect((15_000...25_000).contains(try small.jpeg(at: frame).count))
        }
    }
}

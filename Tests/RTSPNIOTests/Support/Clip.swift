import JPEGCoding
import MJPEGSource
import RTPTransport
import TestScene

/// A short movie in memory, every frame of it different.
struct Clip: Sendable {
    let images: [[UInt8]]
    let framesPerSecond: Int
    /// Which picture data is which frame's.
    private let indices: [Essence: Int]

    /// 40 frames of 320x240, 100 a second.
    static let small = drawn(width: 320, height: 240, count: 40, framesPerSecond: 100)
    /// The same frames, 25 a second.
    static let slow = small.paced(25)
    /// The same scene at half the size.
    static let half = drawn(width: 160, height: 120, count: 40, framesPerSecond: 100)
    /// 4 frames of 1280x720, each above the datagram of the course dialect.
    static let large = drawn(width: 1280, height: 720, count: 4, framesPerSecond: 20)

    private static func drawn(width: Int, height: Int, count: Int, framesPerSecond: Int) -> Clip {
        var scene = TestScene(width: width, height: height, framesPerSecond: framesPerSecond)
        return Clip(images: (0..<count).compactMap { try? scene.jpeg(at: $0) }, framesPerSecond: framesPerSecond)
    }

    init(images: [[UInt8]], framesPerSecond: Int) {
        self.images = images
        self.framesPerSecond = framesPerSecond
        indices = Dictionary(
            images.enumerated().compactMap { index, image in Essence(image).map { ($0, index) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// 20 frames of it, 12 a second: little enough work for twenty clients at once.
    static let sparse = Clip(images: Array(small.images.prefix(20)), framesPerSecond: 12)

    func paced(_ framesPerSecond: Int) -> Clip { Clip(images: images, framesPerSecond: framesPerSecond) }

    var frameIndices: [Int] { Array(images.indices) }

    func time(of index: Int) -> Duration { .seconds(1) * index / framesPerSecond }

    /// Which frame this is, by its scan and tables; `nil` where they are nobody's.
    func index(of image: [UInt8]) -> Int? { Essence(image).flatMap { indices[$0] } }
}

/// What of a JPEG file RFC 2435 carries: everything else a receiver makes anew.
struct Essence: Hashable, Sendable {
    var width: Int
    var height: Int
    var type: UInt8
    var lumaTable: [UInt8]
    var chromaTable: [UInt8]
    var scan: [UInt8]

    init?(_ image: [UInt8]) {
        guard let header = try? JPEGImageHeader(scanning: image.span) else { return nil }
        width = header.width
        height = header.height
        type = header.type
        lumaTable = Array(image[header.lumaTable])
        chromaTable = Array(image[header.chromaTable])
        scan = Array(image[header.scan])
    }
}

/// A clip as the server plays it.
struct ClipSource: SeekableFrameSource, Sendable {
    let clip: Clip
    private var next = 0

    init(_ clip: Clip) { self.clip = clip }

    var frameCount: Int { clip.images.count }
    var duration: Duration { clip.time(of: frameCount) }

    mutating func nextFrame() throws -> MJPEGFrame? {
        guard next < clip.images.count else { return nil }
        defer { next += 1 }
        return MJPEGFrame(image: clip.images[next], presentationTime: clip.time(of: next))
    }

    mutating func seek(to time: Duration) throws -> Duration {
        next = clip.images.indices.last { clip.time(of: $0) <= time } ?? 0
        if time >= duration { next = clip.images.count }
        return clip.time(of: next)
    }
}

internal import JPEGCoding
internal import TestScene

/// One of the movies: ten seconds of the test scene.
struct SampleMovie {
    /// How frames follow each other in the file.
    enum Layout {
        /// Five decimal digits with the length of the JPEG before each JPEG, as in the course "Streaming Video with RTSP and RTP".
        case lengthPrefixed
        /// JPEG after JPEG.
        case concatenated
    }

    let name: String
    let width: Int
    let height: Int
    let framesPerSecond: Int
    let layout: Layout

    /// Above this a frame is encoded again at a lower quality.
    let largestFrame: Int

    /// The movie of the course: its players take a frame in one datagram of at most 20 480 bytes, 12 of them RTP header.
    static let course = SampleMovie(
        name: "movie.Mjpeg", width: 640, height: 360, framesPerSecond: 25, layout: .lengthPrefixed, largestFrame: 20_467)

    /// The movie in high definition.
    static let plain = SampleMovie(
        name: "sample_1280x720.Mjpeg", width: 1280, height: 720, framesPerSecond: 30, layout: .concatenated,
        largestFrame: .max)

    private var frameCount: Int { 10 * framesPerSecond }

    /// What the movie is, for people.
    var summary: String { "\(width)x\(height), \(framesPerSecond) fps, \(frameCount) frames" }

    /// The bytes of the whole file.
    func contents() throws(JPEGCodingError) -> [UInt8] {
        var scene = TestScene(width: width, height: height, framesPerSecond: framesPerSecond)
        var bytes: [UInt8] = []
        for frame in 0..<frameCount {
            let jpeg = try jpeg(of: frame, in: &scene)
            if layout == .lengthPrefixed {
                let digits = String(jpeg.count)
                bytes += String(repeating: "0", count: max(0, 5 - digits.utf8.count)).utf8
                bytes += digits.utf8
            }
            bytes += jpeg
        }
        return bytes
    }

    private func jpeg(of frame: Int, in scene: inout TestScene) throws(JPEGCodingError) -> [UInt8] {
        for quality in stride(from: 75, to: 5, by: -5) {
            let jpeg = try scene.jpeg(at: frame, quality: quality)
            if jpeg.count <= largestFrame { return jpeg }
        }
        return try scene.jpeg(at: frame, quality: 5)
    }
}
